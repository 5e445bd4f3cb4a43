import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { generateKey, type Key, signToken, type TokenError, type TokenReason } from '@jotter/token'
import { readRequestToken, requestTokenVerifier } from './request-token.ts'

const ISSUER = 'https://jotter.example'
const NOW = 1_795_350_499_000
const CLIENT = { identity: 'client', strict: false }

const key = await generateKey('ES256', { kid: 'key' })

function start({ typ }: { typ?: string } = {}) {
  const clock = { now: NOW }
  const verify = requestTokenVerifier({
    issuer: () => ISSUER,
    leewaySeconds: 0,
    now: () => clock.now,
  })
  const request = async (claims: object) =>
    readRequestToken(await signToken({ iss: 'client', ...claims }, key, { typ }))
  return { clock, verify, request }
}

/** How many signatures have been computed since. */
function countChecks(t: TestContext): () => number {
  const { mock } = t.mock.method(Object.getPrototypeOf(key) as Key, 'verify')
  return () => mock.callCount()
}

const because = (reason: TokenReason) => (error: unknown) => {
  assert.equal((error as TokenError).reason, reason)
  return true
}

test('the signature of a token that may be used again is computed once for one list of keys', async (t) => {
  const { verify, request } = start()
  const checks = countChecks(t)
  const token = await request({})
  const keys = [key]
  for (let i = 0; i < 3; i++) assert.equal(await verify(token, keys, CLIENT), undefined)
  assert.equal(checks(), 1)
  await verify(token, [key], CLIENT)
  assert.equal(checks(), 2)
})

test('a token that is used up is not remembered', async (t) => {
  const { verify, request } = start()
  const checks = countChecks(t)
  const token = await request({ jti: 'one', exp: NOW / 1000 + 60 })
  const keys = [key]
  for (let i = 0; i < 3; i++) assert.ok(await verify(token, keys, CLIENT))
  assert.equal(checks(), 3)
})

test('a token that was good is refused with the keys of another list', async () => {
  const { verify, request } = start()
  const token = await request({})
  await verify(token, [key], CLIENT)
  const others = [await generateKey('ES256', { kid: 'key' })]
  await assert.rejects(verify(token, others, CLIENT), because('bad_signature'))
})

test('a token that was good is refused from its end on', async () => {
  const { clock, verify, request } = start()
  const token = await request({ exp: NOW / 1000 + 60 })
  const keys = [key]
  clock.now += 59_999
  await verify(token, keys, CLIENT)
  clock.now += 1
  await assert.rejects(verify(token, keys, CLIENT), because('expired'))
})

test('a token that was good is refused when its client has become strict', async () => {
  const { verify, request } = start()
  const token = await request({})
  const keys = [key]
  await verify(token, keys, CLIENT)
  const strict = { ...CLIENT, strict: true }
  await assert.rejects(verify(token, keys, strict), because('missing_claim'))
})

test('a token of another type is refused each time', async () => {
  const { verify, request } = start({ typ: 'at+jwt' })
  const token = await request({})
  const keys = [key]
  for (let i = 0; i < 2; i++) {
    await assert.rejects(verify(token, keys, CLIENT), because('wrong_type'))
  }
})
