import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openStores } from '../../packages/server/src/stores/open.ts'
import { sqlApiKeys } from '../../packages/server/src/stores/sql/api-keys.ts'
import { sqlTransactions } from '../../packages/server/src/stores/sql/transactions.ts'
import { startPostgres } from '../support/postgres.ts'
import { openDriver, temporaryFile } from './open.ts'
import { sharedPostgres, sharedSqlite } from './shared.ts'
import { entryOf, historyOf, NOW, next, OPEN, order, retry } from './transactions/examples.ts'

const ENGINES = {
  'a SQLite file': sharedSqlite,
  'a PostgreSQL database': sharedPostgres(await startPostgres({ after })),
}

describe('when the promise of a write fulfils, another connection sees', () => {
  test('every one of 500 concurrent inserts, with its retry', async () => {
    await using driver = openDriver()
    const transactions = sqlTransactions(driver)
    using other = new DatabaseSync(driver.path, { readOnly: true })
    const row = other.prepare(`SELECT t.token, r.body_sha256 FROM transactions t, retries r
      WHERE t.customer_id = 'customer' AND t.xid = ?1 AND r.caller = 'caller' AND r.key = t.xid`)
    const insert = async (i: number) => {
      const xid = `order-${i}`
      assert.equal(row.get(xid), undefined)
      await transactions.insert({ ...order, xid }, { ...retry, key: xid, xid })
      assert.deepEqual({ ...row.get(xid) }, { token: order.token, body_sha256: retry.bodySha256 })
    }
    await Promise.all(Array.from({ length: 500 }, (_, i) => insert(i)))
  })

  test('a reissue and a change of status, each with its history', async () => {
    await using driver = openDriver()
    const transactions = sqlTransactions(driver)
    using other = new DatabaseSync(driver.path, { readOnly: true })
    const row = other.prepare(`SELECT t.token, t.status, count(h.id) AS changes
      FROM transactions t LEFT JOIN transaction_history h USING (customer_id, xid)`)
    await transactions.insert(order)
    await transactions.reissue(next)
    assert.equal(row.get()?.token, next.token)
    assert.equal(row.get()?.changes, 1)
    await transactions.advance('customer', 'order-1', { from: OPEN, to: entryOf('revoked') })
    assert.equal(row.get()?.status, 'revoked')
    assert.equal(row.get()?.changes, 2)
  })

  test('an API key, its end, and a customer', async () => {
    await using driver = openDriver()
    const apiKeys = sqlApiKeys(driver)
    using other = new DatabaseSync(driver.path, { readOnly: true })
    const count = (table: string) => other.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.n
    const key = { id: 'id', secretSha256: '', name: '', customerId: 'customer', createdAt: NOW }
    await apiKeys.insert({ ...key, scopes: ['admin'], expiresAt: undefined })
    assert.equal(count('api_keys'), 1)
    await apiKeys.remove('id')
    assert.equal(count('api_keys'), 0)
    await apiKeys.keepCustomer('customer', NOW)
    assert.equal(count('customers'), 1)
  })
})

test('a store that is opened again has everything', async () => {
  using file = temporaryFile()
  const open = () => openStores(`sqlite:${file.path}`, { now: NOW })
  const first = await open()
  await first.transactions.insert(order, retry)
  await first.transactions.reissue(next)
  await first.apiKeys.keepCustomer('customer', NOW)
  await first.close()

  const second = await open()
  const { transactions, apiKeys } = second
  assert.equal((await transactions.get('customer', 'order-1'))?.token, next.token)
  assert.deepEqual(await historyOf(transactions, 'order-1'), [next.entry])
  assert.deepEqual(await transactions.getRetry('caller', 'key'), retry)
  assert.equal(await apiKeys.hasCustomer('customer'), true)
  await second.close()
})

for (const [engine, open] of Object.entries(ENGINES)) {
  describe(`F-11 ${engine} that is closed while it writes`, () => {
    const CLOSER = fileURLToPath(import.meta.resolve('./closer.ts'))

    async function closeAfter(writes: number, before: 'none' | 'first' | 'later') {
      await using database = await open()
      const argv = ['--conditions=source', CLOSER, database.url, String(writes), before]
      const { status, stdout, stderr } = spawnSync(process.execPath, argv, {
        timeout: 10_000,
        encoding: 'utf8',
      })
      assert.equal(status, 0, `the process did not end: ${stderr}`)
      const sql = "SELECT count(*) AS n FROM transactions WHERE xid <> 'before'"
      return { answered: Number(stdout), rows: Number((await database.look(sql))?.n) }
    }

    test('answers all that it was asked, be it several commits, before it lets go', async () => {
      assert.deepEqual(await closeAfter(2500, 'first'), { answered: 2500, rows: 2500 })
    })

    test('answers its very first writes, which have to ask the database something first', async () => {
      assert.deepEqual(await closeAfter(100, 'none'), { answered: 100, rows: 100 })
    })

    test('answers writes of a clock that was set back, which ask too', async () => {
      assert.deepEqual(await closeAfter(100, 'later'), { answered: 100, rows: 100 })
    })
  })
}

test('a store that is closed refuses everything, and does not come back to life', async () => {
  using file = temporaryFile()
  const stores = await openStores(`sqlite:${file.path}`, { now: NOW })
  await stores.transactions.insert(order)
  await stores.close()
  try {
    const unavailable = { name: 'StoreUnavailable' }
    const again = { ...order, xid: 'order-2' }
    await assert.rejects(stores.transactions.insert(again), unavailable)
    await assert.rejects(stores.transactions.get('customer', 'order-1'), unavailable)
    await assert.rejects(stores.ping(), unavailable)
  } finally {
    await stores.close()
  }
})

test('L-02 the file and its log are made for their owner only, whatever the umask', async (t) => {
  const umask = process.umask(0)
  t.after(() => process.umask(umask))
  await using driver = openDriver()
  await sqlTransactions(driver).insert(order)
  for (const file of [driver.path, `${driver.path}-wal`, `${driver.path}-shm`]) {
    assert.equal(statSync(file).mode & 0o777, 0o600, file)
  }
})

describe('a database that cannot be opened is StoreUnavailable', () => {
  const cases = { 'in a folder that is not there': '/nowhere/jotter.db', 'a folder': '/' }
  for (const [name, path] of Object.entries(cases)) {
    test(name, async () => {
      const opened = openStores(`sqlite:${path}`, { now: NOW })
      await assert.rejects(opened, { name: 'StoreUnavailable' })
    })
  }
})
