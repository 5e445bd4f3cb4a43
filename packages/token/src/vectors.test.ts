/** What others have published: every verdict is theirs, and `jose` must come to the same. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { calculateJwkThumbprint, compactVerify, importJWK } from 'jose'
import { readVector } from '../test/forge.ts'
import type { Claims } from './claims.ts'
import { KeyError, TokenError, type TokenReason } from './errors.ts'
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
type WycheproofTest = readonly [id: number, comment: string, verdict: Verdict, jws: string]

const rfc: Rfc = JSON.parse(readVector('rfc.json'))
const jwsGroups: { name: string; key: PlainJwk; tests: WycheproofTest[] }[] = JSON.parse(
  readVector('wycheproof-jws.json'),
).groups
const jwkTests: { id: number; comment: string; verdict: Verdict; keys: PlainJwk[]; jws: string }[] =
  JSON.parse(readVector('wycheproof-jwk.json')).tests

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

/** Where a verdict is not Wycheproof's, and why. */
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

async function accepts(load: () => Key | readonly Key[], token: string): Promise<boolean> {
  try {
    await verifyJws(token, load())
    return true
  } catch (error) {
    assert.ok(error instanceof TokenError || error instanceof KeyError, String(error))
    return false
  }
}

for (const { name, key: jwk, tests } of jwsGroups) {
  describe(`Wycheproof, JWS, ${name}, ${jwk.kid}`, () => {
    for (const [id, comment, verdict, jws] of tests) {
      test(`${id} ${comment}`, async () => {
        const asPublished = { ours: verdict === 'valid', theirs: verdict === 'valid' }
        const { ours, theirs } = DIFFERENCES.find(({ ids }) => ids.includes(id)) ?? asPublished
        assert.equal(await accepts(() => importKey(jwk), jws), ours)
        assert.equal(await joseAccepts(jws, jwk).catch(() => false), theirs)
      })
    }
  })
}

/** Sets that are to be refused, of which jose, given the key that the token names, takes that key. */
const KEYS_TAKEN_BY_JOSE: Record<number, string> = {
  1: 'it is not shown that others of the set are secrets',
  4: 'it is not shown that another has the same kid',
  7: 'a ROCA modulus',
  9: 'a public exponent of 1',
  10: 'a secret shorter than the hash',
  11: 'a secret shorter than the hash',
  12: 'a secret shorter than the hash',
  21: 'a key for encryption',
}

describe('Wycheproof, sets of keys', () => {
  for (const { id, comment, verdict, keys, jws } of jwkTests) {
    test(`${id} ${comment}`, async () => {
      const load = () => importJwks({ keys }, { publicOnly: false })
      assert.equal(await accepts(load, jws), verdict === 'valid')
      const header = Buffer.from(jws.split('.')[0] as string, 'base64url').toString()
      const { kid } = JSON.parse(header) as { kid: string }
      const named = keys.find((key) => key.kid === kid) as PlainJwk
      const isTheirs = await joseAccepts(jws, named).catch(() => false)
      assert.equal(isTheirs, verdict === 'valid' || id in KEYS_TAKEN_BY_JOSE)
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
