import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { generateKey, type Key, KeyRing, signToken } from '@jotter/token'
import { fixedKeys } from './token-keys.ts'
import { tokenVerifier } from './token-verifier.ts'

const NOW = 1_500_000_000
const ISSUER = 'https://tokens.example'
const key = await generateKey('ES256')

const mint = async (count: number, more: object = {}) =>
  Promise.all(
    Array.from({ length: count }, (_, i) =>
      signToken({ iss: ISSUER, aud: ISSUER, iat: NOW, exp: NOW + 60, jti: `t${i}`, ...more }, key),
    ),
  )

/** The signatures that are computed when `tokens` come a second time. */
async function computedAgain(t: TestContext, tokens: readonly string[]): Promise<number> {
  const deps = { issuer: () => ISSUER, audience: undefined, now: () => NOW * 1000 }
  const kind = { typ: 'JWT', maxLifetimeSeconds: 60, requiredClaims: ['jti'] }
  const verify = tokenVerifier({ ...deps, keys: fixedKeys(new KeyRing(key)) }, kind)
  for (const token of tokens) await verify(token)
  const { mock } = t.mock.method(Object.getPrototypeOf(key) as Key, 'verify')
  for (const token of tokens) await verify(token)
  return mock.callCount()
}

test('tokens of more clients than a library remembers are remembered', async (t) => {
  assert.equal(await computedAgain(t, await mint(1_500)), 0)
})

test('what is remembered is bounded in bytes', async (t) => {
  const tokens = await mint(300, { long: 'x'.repeat(5_000) })
  assert.equal(await computedAgain(t, tokens), tokens.length)
})
