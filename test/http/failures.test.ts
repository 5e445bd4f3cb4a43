/** What the caller sees when we fail (behaviour.md A1, item 5; security.md E-10). */
import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, type TestContext, test } from 'node:test'
import type { Key } from '@jotter/token'
import pino from 'pino'
import { createApp } from '../../packages/server/src/app.ts'
import { createMetrics } from '../../packages/server/src/operation/metrics.ts'
import { revocations } from '../../packages/server/src/revocation/revocations.ts'
import { openStores } from '../../packages/server/src/stores/open.ts'
import { openTestKeys } from '../support/keys.ts'
import { ADMIN_KEY, NOW, startTestService, testSettings } from '../support/service.ts'

const PHONE = '15555551212'

/** Another process on the same file, for a fault that no mock imagines. */
function otherProcess(t: TestContext, data: string): DatabaseSync {
  const db = new DatabaseSync(join(data, 'jotter.db'))
  t.after(() => db.close())
  return db
}

describe('when the store cannot write', () => {
  test('E-10, item 5: GET is 503, text, empty; POST a problem; a retry with the same xid succeeds', async (t) => {
    const { get, post, data, log, request } = await startTestService(t)
    const db = otherProcess(t, data)
    db.exec('BEGIN IMMEDIATE')
    const [byGet, asJson, byPost, ready] = await Promise.all([
      get(`/v1/token/${PHONE}/locked-1`),
      request(`/v1/token/${PHONE}/locked-2`, { headers: { accept: 'application/json' } }),
      post('/v1/token', { phone_number: PHONE, xid: 'locked-3' }),
      get('/readyz?verbose'),
    ])
    db.exec('ROLLBACK')

    for (const { status, headers } of [byGet, asJson, byPost, ready]) {
      assert.equal(status, 503)
      assert.equal(headers.get('retry-after'), '1')
    }
    assert.equal(byGet.headers.get('content-type'), 'text/plain')
    assert.equal(byGet.headers.get('content-length'), '0')
    assert.equal(await byGet.text(), '')
    for (const answer of [asJson, byPost]) {
      assert.equal(answer.headers.get('content-type'), 'application/problem+json')
      assert.equal(((await answer.json()) as { code: string }).code, 'store_unavailable')
    }
    assert.equal(await ready.text(), '- store\n+ revocations\n+ keys\n+ not stopping\n')
    assert.ok(log.some((line) => line.includes('"code":"store_unavailable"')))

    for (const xid of ['locked-1', 'locked-2', 'locked-3']) {
      assert.equal((await get(`/v1/token/${PHONE}/${xid}`)).status, 200)
    }
    assert.equal(
      await (await get('/readyz?verbose')).text(),
      '+ store\n+ revocations\n+ keys\n+ not stopping\n',
    )
  })
})

test('readyz: a good answer stands for a second, a bad one for none', async (t) => {
  const { get, data, clock } = await startTestService(t)
  const statusOf = async () => (await get('/readyz')).status
  const db = otherProcess(t, data)
  assert.equal(await statusOf(), 200)
  db.exec('BEGIN IMMEDIATE')
  assert.deepEqual(await Promise.all(Array.from({ length: 50 }, statusOf)), Array(50).fill(200))
  clock.pass(1)
  assert.equal(await statusOf(), 503)
  db.exec('ROLLBACK')
  assert.equal(await statusOf(), 200)
})

describe('when the store cannot read', () => {
  test('look-up, list, revoke and keys are 503 with Retry-After, and work again after', async (t) => {
    const service = await startTestService(t)
    const key = await service.newKey(['transactions:read', 'transactions:write'])
    await service.get(`/v1/token/${PHONE}/a`)
    const db = otherProcess(t, service.data)
    db.exec('ALTER TABLE transactions RENAME TO transactions_away')
    db.exec('ALTER TABLE api_keys RENAME TO api_keys_away')
    const ask = async () => [
      await service.get('/v1/transactions/a', ADMIN_KEY),
      await service.get('/v1/transactions', ADMIN_KEY),
      await service.get(`/v1/transactions?phone_number=${PHONE}`, ADMIN_KEY),
      await service.post('/v1/transactions/a/revoke', undefined, ADMIN_KEY),
      await service.get('/v1/api-keys', ADMIN_KEY),
      await service.get('/v1/transactions', key),
    ]
    for (const answer of await ask()) {
      assert.equal(answer.status, 503)
      assert.equal(answer.headers.get('retry-after'), '1')
      const text = await answer.text()
      assert.equal(JSON.parse(text).code, 'store_unavailable')
      assert.ok(!/table|sqlite|SELECT/i.test(text), 'the answer tells nothing of the database')
    }
    db.exec('ALTER TABLE transactions_away RENAME TO transactions')
    db.exec('ALTER TABLE api_keys_away RENAME TO api_keys')
    for (const { status } of await ask()) assert.equal(status, 200)
  })
})

describe('when signing fails', () => {
  async function startBroken(t: TestContext) {
    const log: string[] = []
    const stores = await openStores('memory:', { now: NOW })
    const keys = await openTestKeys()
    const time = { now: () => NOW, monotonic: () => NOW }
    const logger = pino({}, { write: (line: string) => void log.push(line) })
    const app = await createApp({
      ...time,
      revocations: await revocations(
        { ...time, log: logger, store: stores.revocations, maxAgeSeconds: 60 },
        AbortSignal.abort(),
      ),
      settings: testSettings({}),
      stores,
      customer: {
        id: 'customer',
        key: { broken: 'in a way that names nothing' } as unknown as Key,
      },
      signingKeys: keys.signingKeys,
      keyService: keys.service,
      refreshKey: createSecretKey(Buffer.alloc(32, 1)),
      attempts: stores.attempts(time),
      metrics: createMetrics(),
      log: logger,
      version: '0.0.0-test',
      stopping: () => false,
    })
    t.after(() => app.close())
    return { app, stores, log }
  }

  test('items 5, 24, 31: GET is a real 500, text, empty, and nothing is stored', async (t) => {
    const { app, stores, log } = await startBroken(t)
    const { statusCode, headers, body } = await app.inject(`/v1/token/${PHONE}/a`)
    assert.equal(statusCode, 500)
    assert.equal(headers['content-type'], 'text/plain')
    assert.equal(headers['retry-after'], undefined)
    assert.equal(body, '')
    assert.equal(await stores.transactions.get('customer', 'a'), undefined)
    // The line is written after the answer.
    await t.waitFor(() => assert.equal(log.length, 1))
    // Item 21: the cause is in the log, with the request id of the answer.
    const line = JSON.parse(log.at(-1) ?? '')
    assert.equal(line.code, 'internal_error')
    assert.equal(line.request_id, headers['x-request-id'])
    assert.ok(line.err.stack)
  })

  test('POST is 500 with a problem that tells nothing of the cause', async (t) => {
    const { app } = await startBroken(t)
    const url = '/v1/token'
    const answer = await app.inject({ method: 'POST', url, payload: { phone_number: PHONE } })
    assert.equal(answer.statusCode, 500)
    assert.equal(answer.headers['content-type'], 'application/problem+json')
    assert.deepEqual(answer.json(), {
      type: '/docs/errors#internal_error',
      title: 'The request could not be completed',
      status: 500,
      detail: 'The request could not be completed',
      code: 'internal_error',
      request_id: answer.headers['x-request-id'],
    })
  })
})
