import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type ApiKey, SCOPES } from '../../packages/server/src/api-keys/store.ts'
import type { OpenStores } from './open.ts'

const NOW = 1_800_000_000_000
const ALL = { limit: 1000 }
const HUNDRED = Array.from({ length: 100 }, (_, i) => i)

const backend: ApiKey = {
  id: '0123456789ab',
  secretSha256: 'ab'.repeat(32),
  name: 'checkout backend',
  scopes: ['transactions:write', 'transactions:read'],
  customerId: 'customer',
  createdAt: NOW,
  expiresAt: NOW + 86_400_000,
}

const wins = (answers: readonly boolean[]) => answers.filter(Boolean).length

/** What every ApiKeyStore must do. `open` gives empty stores; the suite closes them. */
export function apiKeyStoreSuite(engine: string, open: OpenStores) {
  describe(`ApiKeyStore on ${engine}`, () => {
    test('what is not there is undefined', async () => {
      await using stores = await open()
      const { apiKeys } = stores
      assert.equal(await apiKeys.get('0123456789ab'), undefined)
      assert.deepEqual(await apiKeys.list(ALL), [])
      assert.equal(await apiKeys.remove('0123456789ab'), false)
      assert.equal(await apiKeys.hasCustomer('customer'), false)
    })

    test('insert keeps every member, and the first of two equal ids', async () => {
      await using stores = await open()
      const { apiKeys } = stores
      assert.equal(await apiKeys.insert(backend), true)
      assert.equal(await apiKeys.insert({ ...backend, name: 'other', scopes: ['admin'] }), false)
      assert.deepEqual(await apiKeys.get(backend.id), backend)
      assert.deepEqual(await apiKeys.list(ALL), [backend])
    })

    test('a key comes back as it was, whatever it says', async () => {
      await using stores = await open()
      const { apiKeys } = stores
      const keys: readonly Partial<ApiKey>[] = [
        { expiresAt: undefined },
        { scopes: SCOPES },
        { scopes: ['users', 'clients', 'admin'] },
        { scopes: [] },
        { name: '😀'.repeat(50) },
        { name: `e\u0301 "it's" \u202e\r\n\t; DROP TABLE api_keys` },
        { createdAt: 8_640_000_000_000_000, expiresAt: Number.MAX_SAFE_INTEGER },
        { createdAt: 0, expiresAt: 0 },
      ]
      for (const [i, members] of keys.entries()) {
        const key = { ...backend, ...members, id: String(i) }
        await apiKeys.insert(key)
        assert.deepEqual(await apiKeys.get(key.id), key)
      }
    })

    test('ids are compared byte for byte, and none of them is special', async () => {
      await using stores = await open()
      const { apiKeys } = stores
      const ids = ['a', 'A', '__proto__', 'constructor', 'toString', '%', '*', "'", '', '0', '00']
      for (const id of ids) assert.equal(await apiKeys.insert({ ...backend, id }), true, id)
      for (const id of ids) assert.equal((await apiKeys.get(id))?.id, id)
      assert.equal(await apiKeys.get('valueOf'), undefined)
      assert.equal(await apiKeys.remove('A'), true)
      assert.equal((await apiKeys.get('a'))?.id, 'a')
    })

    test('exactly one of 100 concurrent inserts of an id wins', async () => {
      await using stores = await open()
      const { apiKeys } = stores
      const kept = await Promise.all(
        HUNDRED.map((i) => apiKeys.insert({ ...backend, name: String(i) })),
      )
      assert.equal(wins(kept), 1)
      assert.equal((await apiKeys.get(backend.id))?.name, String(kept.indexOf(true)))
    })

    test('exactly one of 100 concurrent callers removes a key', async () => {
      await using stores = await open()
      const { apiKeys } = stores
      await apiKeys.insert(backend)
      const removed = await Promise.all(HUNDRED.map(() => apiKeys.remove(backend.id)))
      assert.equal(wins(removed), 1)
      assert.equal(await apiKeys.get(backend.id), undefined)
      assert.deepEqual(await apiKeys.list(ALL), [])
    })

    test('list is oldest first, also when the clock was set back, and of one moment by id', async () => {
      await using stores = await open()
      const { apiKeys } = stores
      const made = { d: NOW + 2, c: NOW, b: NOW + 1, a: NOW + 2, B: NOW + 2, e: NOW - 5 }
      for (const [id, createdAt] of Object.entries(made)) {
        await apiKeys.insert({ ...backend, id, createdAt })
      }
      assert.deepEqual(
        (await apiKeys.list(ALL)).map(({ id }) => id),
        ['e', 'c', 'b', 'B', 'a', 'd'],
      )
    })

    test('list gives pages: no key twice, none left out, also of one moment', async () => {
      await using stores = await open()
      const { apiKeys } = stores
      const ids = Array.from({ length: 1005 }, (_, i) => String(i).padStart(4, '0'))
      await Promise.all(
        ids.toReversed().map((id) => {
          const createdAt = NOW + Math.floor(Number(id) / 10)
          return apiKeys.insert({ ...backend, id, createdAt })
        }),
      )
      const listed: string[] = []
      for (let after: ApiKey | undefined; ; ) {
        const page = await apiKeys.list({ after, limit: 97 })
        listed.push(...page.map(({ id }) => id))
        after = page.at(-1)
        if (page.length < 97) break
      }
      assert.deepEqual(listed, ids)
    })

    test('a customer is known from the first time on, however often it is kept', async () => {
      await using stores = await open()
      const { apiKeys } = stores
      await Promise.all(HUNDRED.map((i) => apiKeys.keepCustomer('customer', NOW - i)))
      assert.equal(await apiKeys.hasCustomer('customer'), true)
      for (const other of ['Customer', 'customer ', 'custome', '', '__proto__', 'constructor']) {
        assert.equal(await apiKeys.hasCustomer(other), false, other)
      }
      await apiKeys.keepCustomer('__proto__', NOW)
      assert.equal(await apiKeys.hasCustomer('__proto__'), true)
    })
  })
}
