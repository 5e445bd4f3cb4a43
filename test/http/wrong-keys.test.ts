/** How many wrong API keys one address may try (security.md H-01, L-02). */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { ADMIN_KEY, PRODUCTION, startTestService } from '../support/service.ts'

const PHONE = '15555551212'
const PATHS = [`/v1/token/${PHONE}`, '/v1/transactions', '/v1/api-keys', '/metrics']

let guesses = 0
/** Another one each time, of the form that keys have. */
function guess() {
  guesses += 1
  return `jot_${String(guesses).padStart(12, '0')}_${'a'.repeat(43)}`
}

const start = (t: TestContext, limit?: string) =>
  startTestService(t, {
    ...PRODUCTION,
    DATABASE_URL: 'memory:',
    JOTTER_RATE_LIMIT_WRONG_KEY: limit,
    JOTTER_TRUST_PROXY: '127.0.0.1',
  })

test('sixty in a minute by default, on all routes together; one more is 429', async (t) => {
  const { get, clock } = await start(t)
  for (let i = 0; i < 60; i += 1) {
    assert.equal((await get(PATHS[i % PATHS.length] as string, guess())).status, 401)
  }
  for (const path of PATHS) {
    const answer = await get(path, guess())
    assert.equal(answer.status, 429)
    assert.equal(answer.headers.get('retry-after'), '60')
    assert.equal(answer.headers.get('ratelimit-policy'), '"wrong_key";q=60;w=60')
    assert.equal(((await answer.json()) as { code: string }).code, 'rate_limited')
  }
  clock.pass(60)
  assert.equal((await get('/v1/transactions', guess())).status, 401)
})

test('a key that was accepted before goes on being accepted, and so does ADMIN_KEY', async (t) => {
  const service = await start(t, '3/minute')
  const known = await service.newKey(['transactions:read'])
  assert.equal((await service.get('/v1/transactions', known)).status, 200)
  for (let i = 0; i < 5; i += 1) await service.get('/v1/transactions', guess())
  service.clock.pass(2)
  assert.equal((await service.get('/v1/transactions', known)).status, 200)
  assert.equal((await service.get('/v1/transactions', ADMIN_KEY)).status, 200)
})

test('a key that is used for the first time then waits, since telling it from a guess is the guess', async (t) => {
  const service = await start(t, '3/minute')
  const key = await service.newKey(['transactions:read'])
  for (let i = 0; i < 4; i += 1) await service.get('/v1/transactions', guess())
  assert.equal((await service.get('/v1/transactions', key)).status, 429)
  service.clock.pass(60)
  assert.equal((await service.get('/v1/transactions', key)).status, 200)
})

test('a key that was only guessed at is none that was accepted', async (t) => {
  const service = await start(t, '3/minute')
  const key = await service.newKey(['transactions:read'])
  await service.get('/v1/transactions', `${key.slice(0, -2)}__`)
  for (let i = 0; i < 4; i += 1) await service.get('/v1/transactions', guess())
  assert.equal((await service.get('/v1/transactions', key)).status, 429)
})

test('a wrong key is told what is left of the budget', async (t) => {
  const { get } = await start(t, '3/minute')
  const { status, headers } = await get('/v1/transactions', guess())
  assert.equal(status, 401)
  assert.equal(headers.get('ratelimit-policy'), '"wrong_key";q=3;w=60')
  assert.equal(headers.get('ratelimit'), '"wrong_key";r=2;t=60')
})

test('wrong secrets of a known key are counted too, and the key itself is not', async (t) => {
  const service = await start(t, '3/minute')
  const key = await service.newKey(['transactions:read'])
  assert.equal((await service.get('/v1/transactions', key)).status, 200)
  const changed = (i: number) => `${key.slice(0, -2)}${String(i).padStart(2, '_')}`
  const statuses = []
  for (let i = 0; i < 5; i += 1) {
    statuses.push((await service.get('/v1/transactions', changed(i))).status)
  }
  assert.deepEqual(statuses, [401, 401, 401, 429, 429])
  assert.equal((await service.get('/v1/transactions', key)).status, 200)
})

test('keys that are accepted, lack the scope or are missing cost nothing', async (t) => {
  const service = await start(t, '1/day')
  const key = await service.newKey(['transactions:read'])
  for (let i = 0; i < 5; i += 1) {
    assert.equal((await service.get('/v1/transactions', key)).status, 200)
    assert.equal((await service.get('/v1/api-keys', key)).status, 403)
    assert.equal((await service.get('/v1/api-keys')).status, 401)
  }
  assert.equal((await service.get('/v1/transactions', guess())).status, 401)
})

test('another address has a budget of its own', async (t) => {
  const { rawGet } = await start(t, '1/minute')
  const from = async (address: string) =>
    (
      await rawGet(
        '/v1/transactions',
        `X-Forwarded-For: ${address}\r\nAuthorization: Bearer ${guess()}\r\n`,
      )
    ).status
  assert.deepEqual([await from('203.0.113.1'), await from('203.0.113.1')], [401, 429])
  assert.equal(await from('203.0.113.2'), 401)
})

test('off switches it off', async (t) => {
  const { get } = await start(t, 'off')
  for (let i = 0; i < 100; i += 1) {
    assert.equal((await get('/v1/transactions', guess())).status, 401)
  }
})
