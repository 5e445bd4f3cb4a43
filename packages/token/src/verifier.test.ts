import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { CLAIMS, forge, KEY, NOW, OPTIONS, type Part } from '../test/forge.ts'
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
      const verifier = createVerifier(key, OPTIONS)
      const token = forge()
      for (let i = 0; i < 3; i++) {
        assert.deepEqual(await verifier.verify(token), CLAIMS)
      }
      assert.deepEqual([checks(), verifier.cachedTokens], [1, 1])
    })
  }

  test('remembers no token of a secret', async (t) => {
    const checks = countChecks(t)
    const verifier = createVerifier(new KeyRing(KEY), OPTIONS)
    for (let i = 0; i < 3; i++) await verifier.verify(forge())
    assert.deepEqual([checks(), verifier.cachedTokens], [3, 0])
  })

  test('gives everybody claims of his own', async () => {
    const verifier = createVerifier(es256.key, OPTIONS)
    const first = (await verifier.verify(token)) as { sub: string }
    first.sub = 'admin'
    const second = (await verifier.verify(token)) as { sub: string }
    assert.deepEqual(second, CLAIMS)
    second.sub = 'admin'
    assert.deepEqual(await verifier.verify(token), CLAIMS)
  })
})

describe('C-13 a token that is remembered is checked for everything but its signature', () => {
  const claims = { ...CLAIMS, nbf: NOW, aud: ['app', 'web'] }
  const token = es256.forge({ payload: claims })
  const rows: readonly [name: string, options: object, reason: TokenReason | undefined][] = [
    ['the same', {}, undefined],
    ['another audience that is named', { audience: 'web' }, undefined],
    ['at exp', { clock: () => NOW + 60 }, 'expired'],
    ['before nbf', { clock: () => NOW - 1 }, 'not_yet_valid'],
    ['another issuer', { issuer: 'you' }, 'wrong_issuer'],
    ['another audience', { audience: 'x' }, 'wrong_audience'],
    ['no audience', { audience: undefined }, 'wrong_audience'],
    ['another type', { typ: 'at+jwt' }, 'wrong_type'],
    ['a shorter life', { maxLifetimeSeconds: 59 }, 'lifetime_too_long'],
    ['a claim that is missing', { requiredClaims: ['jti'] }, 'missing_claim'],
  ]
  for (const [name, more, reason] of rows) {
    test(`${name}: ${reason ?? 'accepted'}`, async () => {
      let options: VerifyOptions = OPTIONS
      const verifier = createVerifier(es256.key, { ...OPTIONS, clock: () => options.clock() })
      await verifier.verify(token)
      options = { ...OPTIONS, ...more }
      // The clock of the first has moved; other options mean another, which shares nothing with it.
      const later = 'clock' in more ? verifier : createVerifier(es256.key, options)
      if (reason === undefined) assert.deepEqual(await later.verify(token), claims)
      else await assert.rejects(later.verify(token), { name: 'TokenError', reason })
    })
  }

  test('its whole text counts, not a part of it', async () => {
    const other = es256.forge({ payload: { ...CLAIMS, sub: 'user-2' } })
    assert.equal(other.length, es256.forge().length)
    const verifier = createVerifier(es256.key, OPTIONS)
    assert.equal((await verifier.verify(es256.forge())).sub, 'user-1')
    assert.equal((await verifier.verify(other)).sub, 'user-2')
    const [header, payload] = other.split('.')
    const mixed = `${header}.${payload}.${es256.forge().split('.')[2]}`
    await assert.rejects(verifier.verify(mixed), { reason: 'bad_signature' })
  })

  test('another set of keys does not know it', async () => {
    const before = createVerifier(
      new KeyRing(importKey({ ...es256.privateJwk, kid: 'a' })),
      OPTIONS,
    )
    const named = es256.forge({ header: { alg: 'ES256', kid: 'a' } })
    await before.verify(named)
    const after = createVerifier(
      new KeyRing(importKey({ ...pair('ES384').privateJwk, kid: 'b' })),
      OPTIONS,
    )
    await assert.rejects(after.verify(named), { reason: 'unknown_key' })
  })

  test('a claim that the caller demands afterwards changes nothing', async () => {
    const requiredClaims = ['sub']
    const verifier = createVerifier(es256.key, { ...OPTIONS, requiredClaims })
    requiredClaims.push('jti')
    assert.deepEqual(await verifier.verify(token), claims)
  })

  test('a key that the caller takes out of his array afterwards changes nothing', async () => {
    const keys = [es256.key]
    const verifier = createVerifier(keys, OPTIONS)
    keys[0] = pair('ES384').key
    assert.deepEqual(await verifier.verify(token), claims)
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
    leewaySeconds: fc.nat(2),
    maxCachedTokens: fc.integer({ min: 1, max: 4 }),
  })
  const now = fc.integer({ min: NOW - 2, max: NOW + 2 })
  const calls = fc.array(fc.tuple(fc.constantFrom(...tokens), now), { maxLength: 20 })
  const verdictOf = (check: Promise<object>) =>
    check.then(
      (claims) => claims,
      ({ reason }: TokenError) => reason,
    )
  await fc.assert(
    fc.asyncProperty(calls, options, async (calls, more) => {
      let now = NOW
      const options = { ...more, clock: () => now }
      const verifier = createVerifier(keys, options)
      for (const [token, time] of calls) {
        now = time
        assert.deepEqual(
          await verdictOf(verifier.verify(token)),
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
    const verifier = createVerifier(es256.key, { ...OPTIONS, maxCachedTokens: 5 })
    for (const token of tokens) await verifier.verify(token)
    assert.equal(verifier.cachedTokens, 5)
    const checks = countChecks(t)
    for (const token of tokens.slice(-5)) await verifier.verify(token)
    assert.equal(checks(), 0)
    await verifier.verify(tokens[0] as string)
    assert.equal(checks(), 1)
  })

  test('is bounded in bytes', () => {
    const cache = new TokenCache({ maxCachedBytes: 10_000 })
    const names = Array.from({ length: 100 }, (_, i) => `${i}`.padEnd(500))
    for (const [i, name] of names.entries()) {
      cache.add(name, 'x'.repeat(i * 10))
      const kept = names.map((name) => cache.get(name)).filter((claims) => claims !== undefined)
      assert.ok(kept.length > 0 && cache.size === kept.length)
      assert.ok(500 * kept.length + 2 * kept.join('').length <= 10_000)
    }
    cache.add('long', 'x'.repeat(5_000))
    assert.equal(cache.get('long'), undefined)
    assert.ok(cache.size > 0)
  })

  test('holds nothing of tokens that are refused', async () => {
    const verifier = createVerifier(es256.key, OPTIONS)
    for (const bad of [...tokens.map((token) => token.replace(/.{5}$/, 'AAAAA')), 'x', '', null]) {
      await assert.rejects(verifier.verify(bad as string), { name: 'TokenError' })
    }
    const contents: readonly (readonly [payload: Part, reason: TokenReason])[] = [
      ['[]', 'malformed'],
      [{ ...CLAIMS, exp: NOW }, 'expired'],
      [{ ...CLAIMS, iss: 'you' }, 'wrong_issuer'],
      [{ ...CLAIMS, aud: 'x' }, 'wrong_audience'],
    ]
    for (const [payload, reason] of contents) {
      await assert.rejects(verifier.verify(es256.forge({ payload })), { reason })
    }
    assert.equal(verifier.cachedTokens, 0)
    const typed = createVerifier(es256.key, { ...OPTIONS, typ: 'at+jwt' })
    await assert.rejects(typed.verify(token), { reason: 'wrong_type' })
    assert.equal(typed.cachedTokens, 0)
  })

  test('has limits that are numbers', () => {
    for (const limit of [0, -1, Number.NaN, '5', null]) {
      for (const name of ['maxCachedTokens', 'maxCachedBytes']) {
        const options = { ...OPTIONS, [name]: limit } as VerifierOptions
        assert.throws(() => createVerifier(es256.key, options), RangeError)
      }
    }
    assert.throws(() => createVerifier([], OPTIONS), TypeError)
  })
})
