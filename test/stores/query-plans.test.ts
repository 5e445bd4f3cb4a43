/**
 * No statement reads a whole table: with the rows of years, each would be an outage.
 *
 * @module
 */
import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import {
  STORED_STATUSES,
  type TransactionStore,
} from '../../packages/server/src/flows/transaction/store.ts'
import { TRANSITIONS } from '../../packages/server/src/keys/states.ts'
import { sqlApiKeys } from '../../packages/server/src/stores/sql/api-keys.ts'
import { sqlAttempts } from '../../packages/server/src/stores/sql/attempts.ts'
import { sqlClients } from '../../packages/server/src/stores/sql/clients.ts'
import type { SqlDriver } from '../../packages/server/src/stores/sql/driver.ts'
import { sqlKeys } from '../../packages/server/src/stores/sql/keys.ts'
import { sqlAssertions, sqlUses } from '../../packages/server/src/stores/sql/machines.ts'
import { sqlRevocations } from '../../packages/server/src/stores/sql/revocations.ts'
import { sqlSessions } from '../../packages/server/src/stores/sql/sessions.ts'
import { sqlTransactions } from '../../packages/server/src/stores/sql/transactions.ts'
import { sqlUsers } from '../../packages/server/src/stores/sql/users.ts'
import { openDriver } from './open.ts'
import { michael, PROOF, sessionOf } from './sessions/examples.ts'
import { entryOf, NOW, next, order, retry } from './transactions/examples.ts'

/** Passes everything on and remembers the texts. */
function recording(driver: SqlDriver) {
  const texts = new Set<string>()
  const recorder: SqlDriver = {
    ...driver,
    rows(sql, params) {
      texts.add(sql)
      return driver.rows(sql, params)
    },
    write(...steps) {
      for (const [sql] of steps) texts.add(sql)
      return driver.write(...steps)
    },
  }
  return { recorder, texts }
}

/** Every verb, in every way that could have a statement of its own. */
async function useEverything(db: SqlDriver) {
  const transactions = sqlTransactions(db)
  await transactions.insert(order, retry)
  await transactions.insert({ ...order, xid: 'order-2', issuedAt: NOW - 1 })
  await transactions.reissue(next, { ...retry, key: 'key-2' })
  await transactions.get('customer', 'order-1')
  await transactions.getRetry('caller', 'key')
  for (let count = 1; count <= STORED_STATUSES.length; count += 1) {
    const from = STORED_STATUSES.slice(0, count)
    await transactions.advance('customer', 'order-1', { from, to: entryOf('issued') })
  }
  const after = { issuedAt: NOW, xid: 'order-1' }
  for (const status of [undefined, ...STORED_STATUSES]) {
    for (const phoneNumber of [undefined, order.phoneNumber]) {
      for (const range of [{}, { from: 0 }, { to: NOW }, { from: 0, to: NOW, after }, { after }]) {
        await transactions.list({ customerId: 'customer', status, phoneNumber, ...range, limit: 9 })
      }
    }
  }

  const apiKeys = sqlApiKeys(db)
  await apiKeys.keepCustomer('customer', NOW)
  await apiKeys.hasCustomer('customer')
  const key = { id: 'id', secretSha256: '', name: '', customerId: 'customer', createdAt: NOW }
  await apiKeys.insert({ ...key, scopes: ['admin'], expiresAt: undefined })
  await apiKeys.get('id')
  await apiKeys.list({ limit: 1 })
  await apiKeys.remove('id')

  const keys = sqlKeys(db)
  const pair = { kid: 'kid', alg: 'ES256', publicJwk: '{}', sealed: undefined }
  const dates = { createdAt: NOW, stateAt: NOW, dueAt: undefined, lifeSeconds: 900 }
  await keys.insert({ ...pair, ...dates, state: 'active' })
  await keys.list()
  for (const { from, to, whenDue } of Object.values(TRANSITIONS)) {
    await keys.advance({ kid: 'kid', from, to, whenDue, at: NOW })
  }
  await keys.stretch('ES256', { lifeSeconds: 1, waitMs: 1 })
  await keys.purge(NOW)
  await keys.keepMasterProof('proof')
  await transactions.purge(NOW + 10_000, NOW + 10_000, 10)
  await useSessions(db)
  await useClients(db)
}

async function useClients(db: SqlDriver) {
  const clients = sqlClients(db)
  const policy = { notBeforeSeconds: 10, lifetimeSeconds: 30, disabled: false }
  const open = { maxUses: undefined, audience: undefined, strict: undefined }
  const client = { id: 'app1', customerId: 'customer', createdAt: NOW, updatedAt: NOW }
  const clientKey = { kid: 'a', thumbprint: 'a', publicJwk: '', createdAt: NOW }
  await clients.insert({ ...client, ...policy, ...open, keys: [clientKey] })
  await clients.find('app1')
  await clients.get('customer', 'app1')
  await clients.list({ customerId: 'customer', limit: 1 })
  for (const change of [{}, { notBeforeSeconds: 1 }, { lifetimeSeconds: 9 }, policy]) {
    await clients.update('customer', 'app1', change, NOW)
  }
  await clients.addKey('customer', 'app1', { ...clientKey, kid: 'b', thumbprint: 'b' })
  await clients.removeKey('customer', 'app1', 'a', NOW)
  await clients.remove('customer', 'app1')

  const assertions = sqlAssertions(db)
  await assertions.consume('app1', 'jti', NOW)
  await assertions.purge(NOW, 10)
  const uses = sqlUses(db)
  await uses.use('jti', 1, NOW)
  await uses.purge(NOW, 10)
}

async function useSessions(db: SqlDriver) {
  const [users, sessions, revocations] = [sqlUsers(db), sqlSessions(db), sqlRevocations(db)]
  await users.insert(michael, sessionOf('s1'))
  await users.get('michael')
  await users.find({ username: 'name michael' })
  await users.find({ email: 'michael@example.com' })
  for (const active of [undefined, true]) await users.list({ active, limit: 9 })
  await sessions.open(sessionOf('s2'), PROOF)
  await sessions.get('s1')
  await sessions.rotate('s1', { from: 1, at: NOW, expiresAt: NOW, tokensUntil: NOW })
  await sessions.repeat('s1', { generation: 2, notBefore: NOW, at: NOW, tokensUntil: NOW })
  await sessions.end('s1', NOW)
  await sessions.endAll('michael', NOW)
  await users.setPassword('michael', { to: '$hash 2', at: NOW })
  await users.setActive('michael', { active: false, at: NOW, revokedUntil: NOW })
  await revocations.read(0)
  const attempts = sqlAttempts(db, () => NOW)
  const policy = { free: 1, firstDelayMs: 1, maxDelayMs: 2, windowMs: 3 }
  for (let i = 0; i < 2; i += 1) await attempts.take('key', policy)
  await attempts.giveBack('key')
  await attempts.reset('key')
  await attempts.remember('key')
  await attempts.remembers('key')
  for (const { purge } of [sessions, revocations, attempts]) await purge(NOW + 1, 10)
}

/** Steps of a plan that read all there is, each for a reason. */
const ALLOWED: Readonly<Record<string, string>> = {
  'SCAN api_keys': 'keys are few, and their list is for people',
  'SCAN signing_keys': 'a key lives for weeks: there are dozens',
  'SCAN counted': 'the rows of one segment: its LIMIT bounds them',
  'SCAN used': 'the queue of the recursive query: one row for each segment',
  'SCAN newest': 'a page of one status: its LIMIT bounds it',
  'SCAN r LEFT-JOIN': 'a piece of the revocations from a position on: its LIMIT bounds it',
  'SCAN owners': 'the queue of the recursive query: one row for each customer',
  'SCAN sqlite_sequence': 'one row: of one table are its numbers kept',
  'SCAN h': 'one row: the horizon',
}
/** A subquery whose rows are bounded by its own LIMIT; what it reads has its own line. */
const SUBQUERY = /^SCAN (\(subquery-\d+\)|CONSTANT ROW|\d+ CONSTANT ROWS)$/

test('every statement of the SQLite store finds its rows by an index', async () => {
  await using driver = openDriver()
  const { recorder, texts } = recording(driver)
  await useEverything(recorder)

  using db = new DatabaseSync(driver.path, { readOnly: true })
  assert.ok(texts.size > 40, `${texts.size} statements were recorded`)
  for (const sql of texts) {
    const plan = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all()
    const steps = plan.map(({ detail }) => String(detail))
    const scans = steps.filter((step) => step.startsWith('SCAN') && !SUBQUERY.test(step))
    assert.deepEqual(
      scans.filter((step) => ALLOWED[step] === undefined),
      [],
      `${sql}\n  ${steps.join('\n  ')}`,
    )
  }
})

test('a page deep in history costs what the first page costs', async () => {
  await using driver = openDriver()
  const transactions = sqlTransactions(driver)
  const ROWS = 40_000
  for (let i = 0; i < ROWS; i += 1000) {
    await Promise.all(
      Array.from({ length: 1000 }, (_, j) =>
        transactions.insert({ ...order, xid: String(i + j), issuedAt: NOW + i + j }),
      ),
    )
  }
  // The best of several: other processes make some slower, none faster.
  for (const filter of [{}, { status: 'issued' as const }]) {
    const first = await bestOf(transactions, { ...filter, issuedAt: NOW + ROWS })
    const deep = await bestOf(transactions, { ...filter, issuedAt: NOW + 1000 })
    assert.ok(deep < 3 * first + 0.5, `${deep.toFixed(2)} ms against ${first.toFixed(2)} ms`)
  }
})

async function bestOf(
  transactions: TransactionStore,
  { issuedAt, ...filter }: { issuedAt: number; status?: 'issued' },
) {
  const after = { issuedAt, xid: '' }
  const times: number[] = []
  for (let i = 0; i < 15; i += 1) {
    const started = performance.now()
    const page = await transactions.list({ customerId: 'customer', ...filter, after, limit: 50 })
    times.push(performance.now() - started)
    assert.equal(page.length, 50)
  }
  return Math.min(...times)
}
