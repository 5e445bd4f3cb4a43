import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { CLAIMS, forge, KEY, NOW, OPTIONS } from '../test/forge.ts'
import { PAIRS, pair } from '../test/pairs.ts'
import type { TokenError, TokenReason } from './errors.ts'
import { importKey } from './import-key.ts'
import { Key } from './key.ts'
import { KeyRing } from './keyring.ts'
import type { VerifyOptions } from './options.ts'
import { TokenCache } from './token-cache.ts'
import { createVerifier, type VerifierOptions } from './verifier.ts'
import { verifyToken } from './verify.ts'

const es256 = pair('ES256')
const token = es256.forge()

/** How many signatures have been computed since. */
function countChecks(t: TestContext): () => number {
  const { mock } = t.mock.method(Key.prototype, 'verify')
  return () => mock.callCount()
}

describe('A verifier', () => {
  for (const { alg, key, forge } of PAIRS) {
    test(`computes the signature of one token once: ${alg}`, async (t) => {
      const checks = countChecks(t)
      const verifier = createVerifier(key)
      const token = forge()
      for (let i = 0; i < 3; i++) {
        assert.deepEqual(await verifier.verifyToken(token, OPTIONS), CLAIMS)
      }
      assert.deepEqual([checks(), verifier.cachedTokens], [1, 1])
    })
  }

  test('remembers no token of a secret', async (t) => {
    const checks = countChecks(t)
    const verifier = createVerifier(new KeyRing(KEY))
    for (let i = 0; i < 3; i++) await verifier.verifyToken(forge(), OPTIONS)
    assert.deepEqual([checks(), verifier.cachedTokens], [3, 0])
  })

  test('gives everybody claims of his own', async () => {
    const verifier = createVerifier(es256.key)
    const first = (await verifier.verifyToken(token, OPTIONS)) as { sub: string }
    first.sub = 'admin'
    const second = (await verifier.verifyToken(token, OPTIONS)) as { sub: string }
    assert.deepEqual(second, CLAIMS)
    second.sub = 'admin'
    assert.deepEqual(await verifier.verifyToken(token, OPTIONS), CLAIMS)
  })
})

describe('C-13 a token that is remembered is checked for everything but its signature', () => {
  const claims = { ...CLAIMS, nbf: NOW, aud: ['app', 'web'] }
  const token = es256.forge({ payload: claims })
  const rows: readonly [name: string, options: object, reason: TokenReason | undefined][] = [
    ['the same', {}, undefined],
    ['another audience that is named', { audience: 'web' }, undefined],
    ['at exp', { clock: () => NOW + 60 }, 'expired'],
    ['before nbf', { clock: () => NOW - 1, leewaySeconds: 0 }, 'not_yet_valid'],
    ['another issuer', { issuer: 'you' }, 'wrong_issuer'],
    ['another audience', { audience: 'x' }, 'wrong_audience'],
    ['no audience', { audience: undefined }, 'wrong_audience'],
    ['another type', { typ: 'at+jwt' }, 'wrong_type'],
    ['a shorter life', { maxLifetimeSeconds: 59 }, 'lifetime_too_long'],
    ['a claim that is missing', { requiredClaims: ['jti'] }, 'missing_claim'],
  ]
  const verifier = createVerifier(es256.key)
  for (const [name, more, reason] of [...rows, ...rows.toReversed()]) {
    test(`${name}: ${reason ?? 'accepted'}`, async () => {
      const options = { ...OPTIONS, ...more } as VerifyOptions
      await verifier.verifyToken(token, OPTIONS)
      const check = verifier.verifyToken(token, options)
      if (reason === undefined) assert.deepEqual(await check, claims)
      else await assert.rejects(check, { name: 'TokenError', reason })
    })
  }

  test('its whole text counts, not a part of it', async () => {
    const other = es256.forge({ payload: { ...CLAIMS, sub: 'user-2' } })
    assert.equal(other.length, es256.forge().length)
    const verifier = createVerifier(es256.key)
    assert.equal((await verifier.verifyToken(es256.forge(), OPTIONS)).sub, 'user-1')
    assert.equal((await verifier.verifyToken(other, OPTIONS)).sub, 'user-2')
    const [header, payload] = other.split('.')
    const mixed = `${header}.${payload}.${es256.forge().split('.')[2]}`
    await assert.rejects(verifier.verifyToken(mixed, OPTIONS), { reason: 'bad_signature' })
  })

  test('another set of keys does not know it', async () => {
    const before = createVerifier(new KeyRing(importKey({ ...es256.privateJwk, kid: 'a' })))
    const named = es256.forge({ header: { alg: 'ES256', kid: 'a' } })
    await before.verifyToken(named, OPTIONS)
    const after = createVerifier(new KeyRing(importKey({ ...pair('ES384').privateJwk, kid: 'b' })))
    await assert.rejects(after.verifyToken(named, OPTIONS), { reason: 'unknown_key' })
  })

  test('a key that the caller takes out of his array afterwards changes nothing', async () => {
    const keys = [es256.key]
    const verifier = createVerifier(keys)
    keys[0] = pair('ES384').key
    assert.deepEqual(await verifier.verifyToken(token, OPTIONS), claims)
  })
})

test('C-13 with and without a memory, in whatever order, every verdict is the same', async () => {
  const pairs = [pair('ES256'), pair('EdDSA'), pair('RS256')]
  const keys = pairs.map(({ key }) => key)
  const tokens = pairs.flatMap(({ forge }) => [
    forge(),
    forge({ payload: { ...CLAIMS, exp: NOW + 1, nbf: NOW } }),
    forge({ header: { alg: 'none' } }),
    forge({ payload: [] }),
    `${forge()}A`,
  ])
  const options = fc.record({
    issuer: fc.constantFrom('me', 'you'),
    audience: fc.constantFrom('app', 'x', undefined),
    typ: fc.constantFrom('JWT', 'at+jwt', undefined),
    now: fc.integer({ min: NOW - 2, max: NOW + 2 }),
    leewaySeconds: fc.nat(2),
  })
  const calls = fc.array(fc.tuple(fc.constantFrom(...tokens), options), { maxLength: 20 })
  const verdictOf = (check: Promise<object>) =>
    check.then(
      (claims) => claims,
      ({ reason }: TokenError) => reason,
    )
  await fc.assert(
    fc.asyncProperty(calls, fc.integer({ min: 1, max: 4 }), async (calls, maxCachedTokens) => {
      const verifier = createVerifier(keys, { maxCachedTokens })
      for (const [token, { now, ...more }] of calls) {
        const options = { ...more, clock: () => now }
        assert.deepEqual(
          await verdictOf(verifier.verifyToken(token, options)),
          await verdictOf(verifyToken(token, keys, options)),
        )
      }
    }),
  )
})

describe('The memory of a verifier', () => {
  const tokens = Array.from({ length: 20 }, (_, i) =>
    es256.forge({ payload: { ...CLAIMS, jti: `t${i}` } }),
  )

  test('is bounded in number, the oldest goes first', async (t) => {
    const verifier = createVerifier(es256.key, { maxCachedTokens: 5 })
    for (const token of tokens) await verifier.verifyToken(token, OPTIONS)
    assert.equal(verifier.cachedTokens, 5)
    const checks = countChecks(t)
    for (const token of tokens.slice(-5)) await verifier.verifyToken(token, OPTIONS)
    assert.equal(checks(), 0)
    await verifier.verifyToken(tokens[0] as string, OPTIONS)
    assert.equal(checks(), 1)
  })

  test('is bounded in bytes', () => {
    const cache = new TokenCache({ maxEntries: 1000, maxBytes: 10_000 })
    for (let i = 0; i < 100; i++) {
      cache.add(`${i}`.padEnd(500), { typ: undefined, claims: 'x'.repeat(i * 10) })
      assert.ok(cache.bytes <= 10_000 && cache.size > 0)
    }
    assert.equal(cache.get('0'.padEnd(500)), undefined)
    cache.add('long', { typ: undefined, claims: 'x'.repeat(5_000) })
    assert.equal(cache.get('long'), undefined)
    assert.ok(cache.size > 0)
  })

  test('holds nothing of tokens that are refused for their signature or shape', async () => {
    const verifier = createVerifier(es256.key)
    for (const bad of [...tokens.map((token) => token.replace(/.{5}$/, 'AAAAA')), 'x', '', null]) {
      await assert.rejects(verifier.verifyToken(bad as string, OPTIONS), { name: 'TokenError' })
    }
    await assert.rejects(verifier.verifyToken(es256.forge({ payload: '[]' }), OPTIONS), {
      reason: 'malformed',
    })
    assert.equal(verifier.cachedTokens, 0)
  })

  test('has limits that are numbers', () => {
    for (const limit of [0, -1, Number.NaN, '5', null]) {
      for (const name of ['maxCachedTokens', 'maxCachedBytes']) {
        const options = { [name]: limit } as VerifierOptions
        assert.throws(() => createVerifier(es256.key, options), RangeError)
      }
    }
    assert.throws(() => createVerifier([]), TypeError)
  })
})
