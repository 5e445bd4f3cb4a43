/**
 * Key pairs as JWKs: which members each `kty` has, and what makes them a key (RFC 7518 §6, RFC 8037
 * §2, RFC 9964 §3). PEM comes through here too, so that nothing is checked in two places.
 *
 * @module
 */
import {
  createPrivateKey,
  createPublicKey,
  type JsonWebKeyInput,
  type KeyObject,
} from 'node:crypto'
import type { Algorithm, KeyType } from './algorithms.ts'
import { isEcPair } from './ec.ts'
import { checkEd25519Public } from './ed25519.ts'
import { KeyError } from './errors.ts'
import type { KeyMaterial } from './key.ts'
import { type Members, readBytes } from './members.ts'
import { checkRsaPublic, isRsaPair, type RsaPrivate } from './rsa.ts'

type JsonWebKey = JsonWebKeyInput['key']
type Numbers = Readonly<Record<string, Buffer>>

interface PairType {
  /** What a public key consists of besides `kty`: with it, the members of a thumbprint. */
  readonly publicMembers: readonly string[]
  readonly privateMembers: readonly string[]
  /** What OpenSSL does not refuse by itself. */
  readonly check?: (numbers: Numbers) => void
  /** Whether the halves belong together, where OpenSSL does not tell. */
  readonly isPair?: (numbers: Numbers) => boolean
}

export type PairKeyType = Exclude<KeyType, 'oct'>

export const PAIR_TYPES: Readonly<Record<PairKeyType, PairType>> = {
  RSA: {
    publicMembers: ['n', 'e'],
    privateMembers: ['d', 'p', 'q', 'dp', 'dq', 'qi'],
    check: (numbers) => checkRsaPublic(integers(numbers)),
    isPair: (numbers) => isRsaPair(integers(numbers)),
  },
  EC: {
    publicMembers: ['crv', 'x', 'y'],
    privateMembers: ['d'],
    isPair: ({ x, y, d }) => isEcPair(x as Buffer, y as Buffer, d as Buffer),
  },
  OKP: {
    publicMembers: ['crv', 'x'],
    privateMembers: ['d'],
    check: ({ x }) => checkEd25519Public(x as Buffer),
  },
  AKP: { publicMembers: ['alg', 'pub'], privateMembers: ['priv'] },
}

/** Names of what is secret in any kind of key, also in kinds that are not taken. */
const SECRET_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv']

/**
 * A key pair, or its public half, of the members of a JWK.
 *
 * @throws {KeyError} `wrong_kty`, `malformed`, `weak`, `unsupported`, `mismatch`.
 */
export function readKeyPair(members: Members, algorithm: Algorithm): KeyMaterial {
  const { name, kty, crv } = algorithm
  if (crv !== undefined && members.crv !== crv) {
    throw new KeyError('wrong_kty', `${name} takes crv ${crv}`)
  }
  const { publicMembers, privateMembers, check, isPair } = PAIR_TYPES[kty as PairKeyType]
  const stray = SECRET_MEMBERS.find((one) => one in members && !privateMembers.includes(one))
  if (stray !== undefined) throw new KeyError('unsupported', `a key of kty ${kty} has no ${stray}`)

  const numbers = numbersOf(members, publicMembers, algorithm)
  check?.(numbers)
  const keyObject = publicKeyOf(pick(members, ['kty', ...publicMembers]))
  if (!privateMembers.some((one) => one in members)) return { keyObject, signingObject: undefined }

  const all = { ...numbers, ...numbersOf(members, privateMembers, algorithm) }
  if (isPair?.(all) === false) throw new KeyError('mismatch')
  const signingObject = privateKeyOf(pick(members, ['kty', ...publicMembers, ...privateMembers]))
  // Not every OpenSSL compares them: some compute the public half of Ed25519 and ignore the given one.
  if (!createPublicKey(signingObject).equals(keyObject)) throw new KeyError('mismatch')
  return { keyObject, signingObject }
}

function numbersOf(members: Members, names: readonly string[], { lengths }: Algorithm): Numbers {
  const written = names.filter((name) => name !== 'crv' && name !== 'alg')
  return Object.fromEntries(
    written.map((name) => [name, readBytes(members, name, lengths?.[name])]),
  )
}

/** Other members, like `key_ops`, are not OpenSSL's to judge. */
function pick(members: Members, names: readonly string[]): JsonWebKey {
  return Object.fromEntries(names.map((name) => [name, members[name]]))
}

function publicKeyOf(key: JsonWebKey): KeyObject {
  try {
    return createPublicKey({ key, format: 'jwk' })
  } catch {
    throw new KeyError('malformed', 'its members are not those of a public key')
  }
}

function privateKeyOf(key: JsonWebKey): KeyObject {
  try {
    return createPrivateKey({ key, format: 'jwk' })
  } catch {
    // The public half alone was fine.
    throw new KeyError('mismatch')
  }
}

function integers(numbers: Numbers): RsaPrivate {
  const entries = Object.entries(numbers)
  return Object.fromEntries(
    entries.map(([name, bytes]) => [name, BigInt(`0x${bytes.toString('hex')}`)]),
  ) as unknown as RsaPrivate
}
