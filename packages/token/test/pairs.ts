/**
 * A key pair for each algorithm and tokens signed with it, all by bare `node:crypto`: nothing of the
 * package is used to judge the package.
 *
 * @module
 */
import {
  constants,
  generateKeyPairSync,
  type KeyObject,
  type SignKeyObjectInput,
  sign,
} from 'node:crypto'
import { importKey, type Key } from '../src/index.ts'
import { CLAIMS, encode, type Part } from './forge.ts'

/** How `node:crypto` signs: the hash, if it is asked for one, and the parameters. */
export type Recipe = readonly [hash: string | null, parameters?: Omit<SignKeyObjectInput, 'key'>]

const { RSA_PKCS1_PADDING, RSA_PKCS1_PSS_PADDING } = constants
const pss = (saltLength: number) => ({ padding: RSA_PKCS1_PSS_PADDING, saltLength })
const P1363 = { dsaEncoding: 'ieee-p1363' } as const

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })

type Halves = Pick<Pair, 'publicKey' | 'privateKey'>
type PlainJwk = { kty: string; alg: string; [member: string]: string }

const RECIPES: readonly (readonly [alg: string, halves: Halves, recipe: Recipe])[] = [
  ['RS256', rsa, ['sha256', { padding: RSA_PKCS1_PADDING }]],
  ['RS384', rsa, ['sha384', { padding: RSA_PKCS1_PADDING }]],
  ['RS512', rsa, ['sha512', { padding: RSA_PKCS1_PADDING }]],
  ['PS256', rsa, ['sha256', pss(32)]],
  ['PS384', rsa, ['sha384', pss(48)]],
  ['PS512', rsa, ['sha512', pss(64)]],
  ['ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' }), ['sha256', P1363]],
  ['ES384', generateKeyPairSync('ec', { namedCurve: 'P-384' }), ['sha384', P1363]],
  ['ES512', generateKeyPairSync('ec', { namedCurve: 'P-521' }), ['sha512', P1363]],
  ['EdDSA', generateKeyPairSync('ed25519'), [null]],
  ['ML-DSA-44', generateKeyPairSync('ml-dsa-44'), [null]],
  ['ML-DSA-65', generateKeyPairSync('ml-dsa-65'), [null]],
  ['ML-DSA-87', generateKeyPairSync('ml-dsa-87'), [null]],
]

export interface Pair {
  readonly alg: string
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
  /** Of the public half only, with `alg`. */
  readonly publicJwk: PlainJwk
  readonly privateJwk: PlainJwk
  /** Both halves. */
  readonly key: Key
  /** The signature of the algorithm, or of another recipe with the same key. */
  readonly sign: (input: string, recipe?: Recipe) => Buffer
  readonly forge: (parts?: { header?: Part; payload?: Part; recipe?: Recipe }) => string
}

function pairOf([alg, { publicKey, privateKey }, recipe]: (typeof RECIPES)[number]): Pair {
  const privateJwk = { ...privateKey.export({ format: 'jwk' }), alg } as PlainJwk
  const signWith: Pair['sign'] = (input, [hash, parameters] = recipe) =>
    sign(hash, Buffer.from(input), { key: privateKey, ...parameters })
  return {
    alg,
    publicKey,
    privateKey,
    publicJwk: { ...publicKey.export({ format: 'jwk' }), alg } as PlainJwk,
    privateJwk,
    key: importKey(privateJwk),
    sign: signWith,
    forge({ header = { typ: 'JWT', alg }, payload = CLAIMS, recipe } = {}) {
      const input = `${encode(header)}.${encode(payload)}`
      return `${input}.${signWith(input, recipe).toString('base64url')}`
    },
  }
}

export const PAIRS: readonly Pair[] = RECIPES.map(pairOf)

export function pair(alg: string): Pair {
  const found = PAIRS.find((one) => one.alg === alg)
  if (found === undefined) throw new Error(`no pair of ${alg}`)
  return found
}
