/** Keys of clients between how they are given, how they are kept and how they verify. */
import { demandSet, importKey, type JwkInput, type Key, KeyError } from '@jotter/token'
import { ServiceError } from '../errors.ts'
import type { KeySource } from '../keyserver/key-source.ts'
import { describeKey, readPublicKey } from '../public-key.ts'
import { isClientId } from './names.ts'
import { type ClientKey, type ClientStore, MAX_KEYS, type WholeClient } from './store.ts'

/** Public keys as a request or a file gives them: exactly one of the three. */
export interface GivenKeys {
  /** PEM. */
  readonly public_key?: string | undefined
  readonly jwk?: Readonly<Record<string, unknown>> | undefined
  readonly jwks?: { readonly keys: readonly Readonly<Record<string, unknown>>[] } | undefined
}

/** Keys read before are read quickly again; all are read again when there are more than this. */
const MAX_READ = 10_000

/** @throws {ServiceError} `private_key_refused`, `public_key_invalid`, `invalid_request`. */
export function readGivenKeys({ public_key, jwk, jwks }: GivenKeys): readonly Key[] {
  if ([public_key, jwk, jwks].filter((given) => given !== undefined).length !== 1) {
    throw new ServiceError('invalid_request', {
      detail: 'give one of public_key, jwk and jwks',
    })
  }
  if (public_key !== undefined) return [readAt('/public_key', () => readPublicKey(public_key))]
  if (jwk !== undefined) return [readAt('/jwk', () => readPublicKey(jwk as JwkInput))]
  const { keys = [] } = jwks ?? {}
  const read = keys.map((key, i) => readAt(`/jwks/keys/${i}`, () => readPublicKey(key as JwkInput)))
  return readAt('/jwks', () => {
    if (read.length === 0 || read.length > MAX_KEYS) {
      throw new KeyError('malformed', `a client has 1 to ${MAX_KEYS} keys`)
    }
    const kids = new Set(read.map((key) => describeKey(key).kid))
    if (kids.size < read.length) throw new KeyError('duplicate', 'two keys of one kid')
    return demandSet(read)
  })
}

function readAt<T>(pointer: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof KeyError)) throw error
    const code = error.reason === 'private' ? 'private_key_refused' : 'public_key_invalid'
    throw new ServiceError(code, { fields: [{ pointer, detail: error.message }] })
  }
}

/** @param at When it is registered: epoch milliseconds. */
export function toClientKey(key: Key, at: number): ClientKey {
  const { kid, thumbprint, jwk } = describeKey(key)
  return { kid, thumbprint, publicJwk: JSON.stringify(jwk), createdAt: at }
}

/** Reads kept keys, and remembers those it has read: of the same client it gives the same list. */
export function clientKeyReader() {
  const read = new Map<string, Key>()
  const lists = new WeakMap<Pick<WholeClient, 'keys'>, readonly Key[]>()

  function keyOf({ kid, thumbprint, publicJwk }: ClientKey): Key {
    const known = read.get(publicJwk)
    if (known !== undefined) return known
    const { kid: _, ...jwk } = JSON.parse(publicJwk) as JwkInput
    // Whoever registered a key without a name may call it in its tokens as it likes.
    const key = importKey(kid === thumbprint ? jwk : { ...jwk, kid }, { publicOnly: true })
    if (read.size >= MAX_READ) read.clear()
    read.set(publicJwk, key)
    return key
  }

  return (client: Pick<WholeClient, 'keys'>): readonly Key[] => {
    let list = lists.get(client)
    if (list === undefined) {
      list = client.keys.map(keyOf)
      lists.set(client, list)
    }
    return list
  }
}

/** The keys of our own clients. One that is disabled is unknown. */
export function ownKeys(clients: Pick<ClientStore, 'find'>): KeySource {
  const keysOf = clientKeyReader()
  return {
    async keysOf(identity) {
      const client = isClientId(identity) ? await clients.find(identity) : undefined
      return client === undefined || client.disabled ? undefined : keysOf(client)
    },
  }
}
