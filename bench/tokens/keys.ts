/**
 * What is measured of each algorithm, one row each: a key made for this run, and what `node:crypto`
 * has to be told beside it. By hand and not from the table of the token core, which is measured here.
 *
 * @module
 */
import {
  constants,
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto'

/** Of a secret both halves are the secret. */
interface Pair {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

interface Row {
  /** `null` where the algorithm hashes by itself. */
  readonly hash: string | null
  readonly parameters: Readonly<Record<string, number | string>>
  readonly pair: () => Pair
}

export interface Keys extends Pair, Omit<Row, 'pair'> {
  readonly alg: string
}

const secret = (hash: string, bytes: number): Row => ({
  hash,
  parameters: {},
  pair() {
    const key = createSecretKey(randomBytes(bytes))
    return { privateKey: key, publicKey: key }
  },
})
const rsa = (parameters: Row['parameters']): Row => ({
  hash: 'sha256',
  parameters,
  pair: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
})
const ec = (hash: string, namedCurve: string): Row => ({
  hash,
  parameters: { dsaEncoding: 'ieee-p1363' },
  pair: () => generateKeyPairSync('ec', { namedCurve }),
})

const ROWS: Readonly<Record<string, Row>> = {
  HS256: secret('sha256', 32),
  HS384: secret('sha384', 48),
  HS512: secret('sha512', 64),
  RS256: rsa({ padding: constants.RSA_PKCS1_PADDING }),
  PS256: rsa({ padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }),
  ES256: ec('sha256', 'P-256'),
  ES384: ec('sha384', 'P-384'),
  ES512: ec('sha512', 'P-521'),
  EdDSA: { hash: null, parameters: {}, pair: () => generateKeyPairSync('ed25519') },
  'ML-DSA-44': { hash: null, parameters: {}, pair: () => generateKeyPairSync('ml-dsa-44') },
}

export const ALGORITHMS: readonly string[] = Object.keys(ROWS)

/**
 * New keys for `alg`; `undefined` where this Node has no such keys.
 *
 * @throws {Error} For a name that is no row.
 */
export function makeKeys(alg: string): Keys | undefined {
  const row = ROWS[alg]
  if (row === undefined) throw new Error(`no algorithm "${alg}", only ${ALGORITHMS.join(', ')}`)
  const { pair, ...rest } = row
  try {
    return { alg, ...rest, ...pair() }
  } catch (error) {
    if (alg.startsWith('ML-DSA')) return undefined
    throw error
  }
}
