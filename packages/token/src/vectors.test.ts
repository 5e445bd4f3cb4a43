/** What others have published: every verdict is theirs, and `jose` must come to the same. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { calculateJwkThumbprint, compactVerify, importJWK } from 'jose'
import { readVector } from '../test/forge.ts'
import type { Claims } from './claims.ts'
import { KeyError, type KeyReason, TokenError, type TokenReason } from './errors.ts'
import { thumbprint } from './export-key.ts'
import { importKey } from './import-key.ts'
import { importJwks } from './jwks.ts'
import type { Key } from './key.ts'
import { signJws } from './sign.ts'
import { verifyJws, verifyToken } from './verify.ts'

type PlainJwk = { kty: string; alg: string; [member: string]: string }

interface Rfc {
  readonly jws: readonly {
    source: string
    key: PlainJwk
    token: string
    /** Absent where it is accepted. */
    reason?: TokenReason
    claims?: true
    reproducible?: true
  }[]
  readonly thumbprints: readonly { source: string; key: PlainJwk; thumbprint: string }[]
}
type Verdict = 'valid' | 'invalid'
/** The reason is ours, absent where it is accepted; the verdict is Wycheproof's. */
type WycheproofTest = readonly [
  id: number,
  comment: string,
  verdict: Verdict,
  jws: string,
  reason?: TokenReason | KeyReason,
]
interface WycheproofSet {
  readonly id: number
  readonly comment: string
  readonly verdict: Verdict
  readonly reason?: TokenReason | KeyReason
  readonly keys: readonly PlainJwk[]
  readonly jws: string
}

const rfc: Rfc = JSON.parse(readVector('rfc.json'))
const jwsGroups: { name: string; key: PlainJwk; tests: WycheproofTest[] }[] = JSON.parse(
  readVector('wycheproof-jws.json'),
).groups
const jwkTests: WycheproofSet[] = JSON.parse(readVector('wycheproof-jwk.json')).tests

const publicHalf = ({ kty, alg, crv, n, e, x, y, pub, k }: PlainJwk) =>
  JSON.parse(JSON.stringify({ kty, alg, crv, n, e, x, y, pub, k })) as PlainJwk
const joseAccepts = async (token: string, jwk: PlainJwk) =>
  compactVerify(token, await importJWK(publicHalf(jwk)), { algorithms: [jwk.alg] }).then(
    () => true,
    () => false,
  )

describe('RFC 7515, 7520, 8037 and 9964', () => {
  for (const { source, key: jwk, token, reason, claims, reproducible } of rfc.jws) {
    test(source, async () => {
      const key = importKey(jwk)
      if (reason !== undefined) {
        await assert.rejects(verifyJws(token, key), { name: 'TokenError', reason })
        assert.equal(await joseAccepts(token, jwk), false)
        return
      }
      for (const one of [key, importKey(publicHalf(jwk))]) {
        const { header, payload } = await verifyJws(token, one)
        const [first = '', second] = token.split('.')
        assert.deepEqual(header, JSON.parse(Buffer.from(first, 'base64url').toString()))
        assert.equal(Buffer.from(payload).toString('base64url'), second)
      }
      assert.equal(await joseAccepts(token, jwk), true)
      const { payload } = await verifyJws(token, key)
      if (reproducible) assert.equal(await signJws(payload, key), token)
      if (claims) {
        const { iss, exp } = JSON.parse(Buffer.from(payload).toString()) as Claims
        const options = { issuer: iss as string, clock: () => (exp as number) - 1 }
        assert.equal((await verifyToken(token, key, options)).exp, exp)
      }
    })
  }

  for (const { source, key, thumbprint: expected } of rfc.thumbprints) {
    test(`thumbprint of ${source}`, async () => {
      assert.equal(thumbprint(importKey(key)), expected)
      assert.equal(await calculateJwkThumbprint(key), expected)
    })
  }
})

/** Where our verdict or that of jose is not Wycheproof's, and why. */
const DIFFERENCES: readonly { ids: number[]; ours: boolean; theirs: boolean; why: string }[] = [
  {
    ids: [259, 264, 268, 272, 320, 325],
    ours: false,
    theirs: true,
    why: 'an empty payload cannot be told from a detached one',
  },
  { ids: [372, 373], ours: false, theirs: false, why: '? is not base64url (RFC 7515 §2)' },
  { ids: [346, 350], ours: false, theirs: false, why: 'a PS384 token, though its key says PS256' },
  { ids: [347, 351], ours: false, theirs: false, why: 'a key of ES521, which is no algorithm' },
  { ids: [367, 370], ours: true, theirs: true, why: 'the token of test 357, which is valid' },
  { ids: [360, 365, 368], ours: false, theirs: true, why: 'jose skips white space' },
  { ids: [375], ours: false, theirs: true, why: 'jose skips bits that are not used' },
]

/** Why a token or its keys are refused, undefined when they are not. */
async function refusalOf(load: () => Key | readonly Key[], token: string) {
  try {
    await verifyJws(token, load())
  } catch (error) {
    if (error instanceof TokenError || error instanceof KeyError) return error.reason
    throw error
  }
}

for (const { name, key: jwk, tests } of jwsGroups) {
  describe(`Wycheproof, JWS, ${name}, ${jwk.kid}`, () => {
    for (const [id, comment, verdict, jws, reason] of tests) {
      const asPublished = { ours: verdict === 'valid', theirs: verdict === 'valid', why: '' }
      const { ours, theirs, why } = DIFFERENCES.find(({ ids }) => ids.includes(id)) ?? asPublished
      test(`${id} ${comment}: ${reason ?? 'accepted'}${why && `, ${why}`}`, async () => {
        assert.equal(await refusalOf(() => importKey(jwk), jws), reason)
        assert.equal(reason === undefined, ours)
        assert.equal(await joseAccepts(jws, jwk).catch(() => false), theirs)
      })
    }
  })
}

/** Sets that are to be refused, of which jose, given the key that the token names, takes that key. */
const KEYS_TAKEN_BY_JOSE = new Map([
  [1, 'jose is not shown that others of the set are secrets'],
  [4, 'jose is not shown that another has the same kid'],
  [7, 'jose takes a ROCA modulus'],
  [9, 'jose takes a public exponent of 1'],
  [10, 'jose takes a secret shorter than the hash'],
  [11, 'jose takes a secret shorter than the hash'],
  [12, 'jose takes a secret shorter than the hash'],
  [21, 'jose takes a key for encryption'],
])

describe('Wycheproof, sets of keys', () => {
  for (const { id, comment, verdict, keys, jws, reason } of jwkTests) {
    const why = KEYS_TAKEN_BY_JOSE.get(id)
    test(`${id} ${comment}: ${reason ?? 'accepted'}${why === undefined ? '' : `, ${why}`}`, async () => {
      const load = () => importJwks({ keys }, { publicOnly: false })
      assert.equal(await refusalOf(load, jws), reason)
      assert.equal(reason === undefined, verdict === 'valid')
      const header = Buffer.from(jws.split('.')[0] as string, 'base64url').toString()
      const { kid } = JSON.parse(header) as { kid: string }
      const named = keys.find((key) => key.kid === kid) as PlainJwk
      const isTheirs = await joseAccepts(jws, named).catch(() => false)
      assert.equal(isTheirs, verdict === 'valid' || why !== undefined)
    })
  }
})

/**
 * Keys that are refused for something else before anybody comes to what their test is about, with
 * that something put right.
 */
const PUT_RIGHT: readonly (readonly [
  name: string,
  keys: readonly PlainJwk[],
  reason: KeyReason,
])[] = [
  ...(
    [
      [4, { k: '-xxuDNsVZ2iJtos-akfXTSCt4UO2cruLCsbWlBinggc' }, 'duplicate'],
      [6, { alg: 'RS256' }, 'wrong_use'],
      [19, { alg: 'ES512' }, 'wrong_kty'],
      [20, { alg: 'ES384' }, 'wrong_kty'],
    ] as const
  ).map(([id, members, reason]) => {
    const { comment, keys } = jwkTests.find((one) => one.id === id) as WycheproofSet
    const last = { ...keys.at(-1), ...members } as PlainJwk
    return [`JWK ${id} ${comment}`, keys.with(-1, last), reason] as const
  }),
  ...jwsGroups
    .filter(({ key }) => key.alg === undefined)
    .flatMap(({ key, tests }) =>
      tests.map(([id, comment]) => {
        const alg = key.kty === 'RSA' ? 'RS256' : 'ES256'
        return [`JWS ${id} ${comment}`, [{ ...key, alg }], 'wrong_use'] as const
      }),
    ),
]

describe('Wycheproof, keys with one thing put right', () => {
  for (const [name, keys, reason] of PUT_RIGHT) {
    test(`${name}: ${reason}`, () => {
      const load = () => importJwks({ keys }, { publicOnly: false })
      assert.throws(load, { name: 'KeyError', reason })
    })
  }
})

const signatureFiles: { alg: string; groups: { key: PlainJwk; tests: SignatureTest[] }[] }[] =
  JSON.parse(readVector('wycheproof-signatures.json'))
type SignatureTest = readonly [
  id: number,
  comment: string,
  verdict: Verdict,
  message: string,
  signature: string,
]

for (const { alg, groups } of signatureFiles) {
  test(`Wycheproof, signatures of ${alg}`, () => {
    for (const { key: jwk, tests } of groups) {
      const key = importKey(jwk)
      for (const [id, comment, verdict, message, signature] of tests) {
        const input = Buffer.from(message, 'hex').toString('latin1')
        const isGood = key.verify(input, Buffer.from(signature, 'hex'))
        assert.equal(isGood, verdict === 'valid', `${id} ${comment}`)
      }
    }
  })
}
