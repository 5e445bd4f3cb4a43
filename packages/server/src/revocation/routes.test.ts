import assert from 'node:assert/strict'
import { after, describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  ADMIN_KEY,
  NOW,
  startTestService,
  type TestService,
} from '../../../../test/support/service.ts'
import { codeOf, json } from '../../../../test/support/transactions.ts'
import type { Revocation } from './store.ts'

interface Page {
  items: { kind: string; value: string; not_before?: number }[]
  next: string
  as_of: string
}

const ofToken = (value: string, members: Partial<Revocation> = {}): Revocation => ({
  kind: 'jti',
  value,
  notBefore: undefined,
  revokedAt: NOW,
  expiresAt: NOW + 60_000,
  ...members,
})

/** A service, its database as another process sees it, and how its feed is read. */
async function start(t: TestContext) {
  const service = await startTestService(t)
  const { revocations } = await service.stores()
  const read = async (query: string, init?: RequestInit) =>
    json<Page>(await ask(service, query, init))
  return {
    ...service,
    revoke: (value: string) => revocations.insert(ofToken(value)),
    revocations,
    read,
    /** Answers of the feed until `count` were told, from `after` on. */
    async readUntil(count: number, after = '') {
      const told: string[] = []
      let next = after
      while (told.length < count) {
        const page = await read(`wait=30${next && `&after=${next}`}`)
        told.push(...valuesOf(page))
        next = page.next
      }
      return { told, next }
    },
  }
}

const ask = (service: TestService, query: string, init: RequestInit = {}) =>
  service.request(`/v1/revocations?${query}`, {
    ...init,
    headers: { authorization: `Bearer ${ADMIN_KEY}`, ...init.headers },
  })
const valuesOf = ({ items }: Page) => items.map(({ value }) => value)

describe('the feed of revocations', () => {
  test('tells what is revoked, for whom it holds and until when', async (t) => {
    const { revocations, readUntil, read } = await start(t)
    await revocations.insert(ofToken('t'))
    await revocations.insert(ofToken('s', { kind: 'sid' }))
    await revocations.insert(ofToken('u', { kind: 'sub', notBefore: 1_500_000_001 }))
    await readUntil(3)
    const { items, as_of } = await read('')
    const times = { revoked_at: '2017-07-14T02:40:00.000Z', expires_at: '2017-07-14T02:41:00.000Z' }
    assert.deepEqual(items, [
      { kind: 'jti', value: 't', ...times },
      { kind: 'sid', value: 's', ...times },
      { kind: 'sub', value: 'u', not_before: 1_500_000_001, ...times },
    ])
    assert.equal(as_of, times.revoked_at)
  })

  test('is for keys with its scope, and is never cached', async (t) => {
    const service = await startTestService(t)
    const key = await service.newKey(['revocations'])
    const answer = await service.get('/v1/revocations', key)
    assert.equal(answer.status, 200)
    assert.equal(answer.headers.get('cache-control'), 'no-store')
    const other = await service.newKey(['metrics', 'users'])
    const refused = await service.get('/v1/revocations', other)
    assert.deepEqual([refused.status, await codeOf(refused)], [403, 'insufficient_scope'])
    assert.equal((await service.get('/v1/revocations')).status, 401)
  })

  test('is cut into pages, of which each goes on where the one before ended', async (t) => {
    const { revoke, read, readUntil } = await start(t)
    const values = Array.from({ length: 25 }, (_, i) => `token-${i}`)
    for (const value of values) await revoke(value)
    await readUntil(values.length)
    const told: string[] = []
    let next = ''
    for (let pages = 0; pages < 3; pages += 1) {
      const page = await read(`limit=10${next && `&after=${next}`}`)
      assert.ok(page.items.length <= 10)
      told.push(...valuesOf(page))
      next = page.next
    }
    assert.deepEqual(told, values)
    const last = await read(`after=${next}`)
    assert.deepEqual([last.items, last.next], [[], next])
  })

  test('tells who is ahead of the database everything again', async (t) => {
    const { revoke, readUntil, read } = await start(t)
    await revoke('a')
    await readUntil(1)
    const ahead = Buffer.from('4711 0').toString('base64url')
    assert.deepEqual(valuesOf(await read(`after=${ahead}&wait=30`)), ['a'])
  })
})

describe('a query that is not understood', () => {
  const service = startTestService({ after })
  for (const query of [
    'after=',
    'after=%00',
    'after=nonsense',
    `after=${Buffer.from('1 -1').toString('base64url')}`,
    `after=${Buffer.from('1 abc').toString('base64url')}`,
    `after=${Buffer.from('01 1').toString('base64url')}`,
    `after=${'A'.repeat(5_000)}`,
    'wait=31',
    'wait=-1',
    'wait=1.5',
    'wait=',
    'limit=0',
    'limit=10001',
    'limit=1e3',
    'limit=5&limit=6',
    'since=0',
  ]) {
    test(`is 400: ${query.slice(0, 40)}`, async () => {
      const answer = await ask(await service, query)
      assert.deepEqual([answer.status, await codeOf(answer)], [400, 'invalid_request'])
    })
  }

  for (const query of ['limit=1', 'limit=10000', 'wait=0', '']) {
    test(`unlike ${query || 'none'}`, async () => {
      assert.equal((await ask(await service, query)).status, 200)
    })
  }
})

describe('a reader that waits', () => {
  test('is told as soon as something is revoked', async (t) => {
    const { revoke, read } = await start(t)
    const { next } = await read('')
    const waiting = read(`after=${next}&wait=30`)
    await sleep(50)
    await revoke('a')
    assert.deepEqual(valuesOf(await waiting), ['a'])
  })

  test('is answered when its time is over, with nothing', async (t) => {
    const { read } = await start(t)
    const { next } = await read('')
    const began = performance.now()
    const page = await read(`after=${next}&wait=1`)
    assert.ok(performance.now() - began > 950)
    assert.deepEqual(page.items, [])
    assert.equal(page.next, next)
  })

  test('is answered at once when the process stops', async (t) => {
    const { read, stop } = await start(t)
    const { next } = await read('')
    const waiting = read(`after=${next}&wait=30`)
    await sleep(100)
    const began = performance.now()
    await stop()
    assert.deepEqual((await waiting).items, [])
    assert.ok(performance.now() - began < 3_000)
  })

  test('frees its place when it goes away', { timeout: 10_000 }, async (t) => {
    const { read, get } = await start(t)
    const waiters = async () =>
      /^jotter_revocations_waiting (\d+)$/m.exec(await (await get('/metrics')).text())?.[1]
    const { next } = await read('')
    const gone = new AbortController()
    const waiting = read(`after=${next}&wait=30`, { signal: gone.signal })
    while ((await waiters()) !== '1') await sleep(10)
    gone.abort()
    await assert.rejects(waiting)
    while ((await waiters()) !== '0') await sleep(10)
  })
})
