/**
 * The keys of user tokens: the secret of the settings, or key pairs of the database, made at the first
 * start and kept sealed. Knows neither claims nor HTTP.
 */
import {
  generateKey,
  importKey,
  type JwkInput,
  type Key,
  KeyRing,
  privateJwk,
  publicJwk,
} from '@jotter/token'
import type { Settings } from '../settings.ts'
import type { MasterKey } from './master-key.ts'
import { SealError, seal, unseal } from './sealed.ts'
import type { KeyStore, StoredKey } from './store.ts'

export interface SigningKeyDeps {
  settings: Pick<Settings, 'ACCESS_ALG' | 'SECRET_KEY'>
  keys: KeyStore
  master: MasterKey
  /** Epoch milliseconds. */
  now: () => number
}

/**
 * The ring that signs with ACCESS_ALG. With an HS algorithm it is SECRET_KEY alone; else the active key
 * of that algorithm, beside every key of the database that is not retired.
 *
 * @throws {SealError} When a key in the database was changed.
 * @throws {StoreUnavailable}
 */
export async function openSigningKeys(deps: SigningKeyDeps): Promise<KeyRing> {
  const { ACCESS_ALG: alg, SECRET_KEY: secret } = deps.settings
  // Its length was judged where settings are read: short secrets are refused in production only.
  if (secret !== undefined && isOfSecret(alg)) {
    return new KeyRing(importKey({ secret, alg }, { allowShortSecret: true }))
  }
  return ringOf(await withActive(deps, alg), alg, deps.master)
}

/** The keys of use tokens. */
export interface MachineKeys {
  /**
   * The ring that signs with MACHINE_ALG, beside every key of the database that is not retired. Where
   * there is no key of that algorithm, it is made then: an RSA key takes a tenth of a second, which no
   * start should wait for and most services never need.
   *
   * @throws {SealError | StoreUnavailable}
   */
  ring(): Promise<KeyRing>
  /** The ring, if there is one already. */
  readonly known: KeyRing | undefined
}

/** @throws {SealError | StoreUnavailable} */
export async function openMachineKeys(
  deps: Omit<SigningKeyDeps, 'settings'> & { settings: Pick<Settings, 'MACHINE_ALG'> },
): Promise<MachineKeys> {
  const { MACHINE_ALG: alg } = deps.settings
  const stored = await deps.keys.list()
  let known = stored.some(isActive(alg)) ? ringOf(stored, alg, deps.master) : undefined
  let making: Promise<KeyRing> | undefined

  async function make(): Promise<KeyRing> {
    known = ringOf(await withActive(deps, alg), alg, deps.master)
    return known
  }

  return {
    get known() {
      return known
    },
    async ring() {
      if (known !== undefined) return known
      making ??= make().finally(() => {
        making = undefined
      })
      return making
    },
  }
}

const isActive = (alg: string) => (key: StoredKey) => key.alg === alg && key.state === 'active'

/** @param stored With an active key of `alg`. */
function ringOf(stored: readonly StoredKey[], alg: string, master: MasterKey): KeyRing {
  const signs = isActive(alg)
  const others = stored.filter((key) => key.state !== 'retired' && !signs(key))
  const open = (key: StoredKey) => unsealKey(key, master)
  return new KeyRing(
    open(stored.find(signs) as StoredKey),
    others.map((key) => importKey(publicJwk(open(key)) as JwkInput)),
  )
}

export const isOfSecret = (alg: string): boolean => alg.startsWith('HS')

/** What the database has, with an active key of `alg`: of several nodes one makes it. */
async function withActive({ keys, master, now }: Omit<SigningKeyDeps, 'settings'>, alg: string) {
  const before = await keys.list()
  if (before.some(isActive(alg))) return before
  const made = await generateKey(alg)
  // False when another node was quicker: its key is in the list then.
  await keys.insert({ ...sealKey(made, master), state: 'active', createdAt: now(), stateAt: now() })
  return keys.list()
}

/** The parts of a new key that the database keeps, whatever its state. */
function sealKey(key: Key, { sealing }: MasterKey) {
  const { alg, kid } = key as Key & { kid: string }
  return {
    kid,
    alg,
    publicJwk: JSON.stringify(publicJwk(key)),
    sealed: seal(JSON.stringify(privateJwk(key)), sealing, { kid, alg }),
  }
}

/**
 * Both halves from what is sealed: the public half beside it is for people, and whoever writes into the
 * database could put a key of his own there.
 */
function unsealKey({ kid, alg, sealed }: StoredKey, { sealing }: MasterKey): Key {
  if (sealed === undefined) throw new SealError(`the private key ${kid} is not in the database`)
  return importKey(JSON.parse(unseal(sealed, sealing, { kid, alg })))
}
