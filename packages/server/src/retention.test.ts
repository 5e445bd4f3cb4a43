import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import pino from 'pino'
import type { DutyClaim, DutyStore } from './duties.ts'
import type { Retry, Transaction, TransactionStore } from './flows/transaction/store.ts'
import { keepRetention, purgeOnce, type RetentionDeps } from './retention.ts'
import { memoryAttempts } from './stores/memory/attempts.ts'
import { memoryDuties } from './stores/memory/duties.ts'
import { memoryTransactions } from './stores/memory/transactions.ts'
import { memorySessionStores } from './stores/memory/users.ts'

const DAY = 86_400_000
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const NOW = 1_800_000_000_000

const transactionAt = (issuedAt: number, xid = `at ${issuedAt}`): Transaction => ({
  customerId: 'customer',
  xid,
  phoneNumber: '15555551212',
  status: 'issued',
  token: 'token',
  tokenSha256: undefined,
  issuedAt,
  expiresAt: issuedAt + 80_000,
  updatedAt: issuedAt,
  referenceId: undefined,
  openedAt: issuedAt,
  openedBy: 'open',
})

const retryAt = (issuedAt: number, key: string): Retry => ({
  caller: 'caller',
  key,
  bodySha256: '',
  customerId: 'customer',
  xid: 'xid',
  phoneNumber: '15555551212',
  issuedAt,
})

function retentionOf(transactions: TransactionStore, retentionDays = 90) {
  const clock = { at: NOW }
  const log: { level: number; msg: string; transactions?: number }[] = []
  const { sessions, revocations } = memorySessionStores()
  const deps: RetentionDeps = {
    transactions,
    sessions,
    revocations,
    attempts: memoryAttempts(() => clock.at),
    duties: memoryDuties(),
    node: 'one',
    retentionDays,
    log: pino({}, { write: (line: string) => void log.push(JSON.parse(line)) }),
    now: () => clock.at,
  }
  return { clock, log, deps }
}

const xidsOf = async (transactions: TransactionStore) =>
  (await transactions.list({ customerId: 'customer', limit: 1000 })).map(({ xid }) => xid)

describe('one run', () => {
  test('drops what was issued more than RETENTION_DAYS ago, to the millisecond', async () => {
    const transactions = memoryTransactions()
    for (const issuedAt of [NOW - 90 * DAY - 1, NOW - 90 * DAY, NOW]) {
      await transactions.insert(transactionAt(issuedAt))
    }
    const { deps } = retentionOf(transactions)
    assert.deepEqual(await purgeOnce(deps), { transactions: 1 })
    assert.deepEqual(await xidsOf(transactions), [`at ${NOW}`, `at ${NOW - 90 * DAY}`])
  })

  test('forgets an Idempotency-Key after 24 hours, whatever RETENTION_DAYS says', async () => {
    const transactions = memoryTransactions()
    for (const [key, issuedAt] of Object.entries({ old: NOW - DAY - 1, young: NOW - DAY })) {
      await transactions.insert(transactionAt(NOW, key), retryAt(issuedAt, key))
    }
    await purgeOnce(retentionOf(transactions, 36_500).deps)
    assert.equal(await transactions.getRetry('caller', 'old'), undefined)
    assert.notEqual(await transactions.getRetry('caller', 'young'), undefined)
  })

  test('goes on in small steps until nothing is left, and says how much that was', async () => {
    const transactions = memoryTransactions()
    for (let i = 0; i < 450; i += 1) await transactions.insert(transactionAt(0, String(i)))
    const steps: number[] = []
    const { deps, log } = retentionOf({
      ...transactions,
      async purge(before, retriesBefore, limit) {
        const purged = await transactions.purge(before, retriesBefore, limit)
        steps.push(purged)
        return purged
      },
    })
    assert.deepEqual(await purgeOnce(deps), { transactions: 450 })
    assert.deepEqual(steps, [200, 200, 50])
    assert.deepEqual(
      log.map(({ msg, transactions: count }) => [msg, count]),
      [['purged', 450]],
    )
  })

  test('drops sessions and revocations an hour after their end, attempts at theirs', async () => {
    const asked: Record<string, number> = {}
    const purging = (kind: string) => ({
      async purge(before: number) {
        asked[kind] = NOW - before
        return 0
      },
    })
    const { deps, log } = retentionOf(memoryTransactions())
    await purgeOnce({
      ...deps,
      sessions: purging('sessions'),
      revocations: purging('revocations'),
      attempts: purging('attempts'),
    })
    assert.deepEqual(asked, { sessions: HOUR, revocations: HOUR, attempts: 0 })
    assert.deepEqual(log, [])
  })

  test('goes on with each kind until nothing is left of it, and counts each by itself', async () => {
    const left = { sessions: 450, revocations: 200, attempts: 0 }
    const purging = (kind: keyof typeof left) => ({
      async purge(_: number, limit: number) {
        const purged = Math.min(limit, left[kind])
        left[kind] -= purged
        return purged
      },
    })
    const { deps, log } = retentionOf(memoryTransactions())
    const dropped = await purgeOnce({
      ...deps,
      sessions: purging('sessions'),
      revocations: purging('revocations'),
      attempts: purging('attempts'),
    })
    assert.deepEqual(dropped, { sessions: 450, revocations: 200 })
    assert.deepEqual(left, { sessions: 0, revocations: 0, attempts: 0 })
    assert.equal(log.length, 1)
  })

  test('with nothing to drop logs nothing', async () => {
    const { deps, log } = retentionOf(memoryTransactions())
    assert.deepEqual(await purgeOnce(deps), {})
    assert.deepEqual(log, [])
  })

  test('ends between two steps when the service stops', async () => {
    const transactions = memoryTransactions()
    for (let i = 0; i < 450; i += 1) await transactions.insert(transactionAt(0, String(i)))
    const stopping = new AbortController()
    const { deps } = retentionOf({
      ...transactions,
      async purge(before, retriesBefore, limit) {
        stopping.abort()
        return transactions.purge(before, retriesBefore, limit)
      },
    })
    assert.deepEqual(await purgeOnce(deps, stopping.signal), { transactions: 200 })
  })
})

describe('of two nodes on one database', () => {
  test('one runs; the other goes on when that one has been gone for nine minutes', async () => {
    const transactions = memoryTransactions()
    for (let i = 0; i < 450; i += 1) await transactions.insert(transactionAt(0, String(i)))
    const { deps, clock } = retentionOf(transactions)
    const ended = new AbortController()
    const one = {
      ...deps,
      transactions: {
        ...transactions,
        purge(...args: Parameters<TransactionStore['purge']>) {
          ended.abort()
          return transactions.purge(...args)
        },
      },
    }
    // Its clock is 5 s ahead.
    const other = { ...deps, node: 'other', now: () => clock.at + 5_000 }
    assert.deepEqual(await purgeOnce(one, ended.signal), { transactions: 200 })
    assert.deepEqual(await purgeOnce(other), {})
    clock.at += 9 * MINUTE
    assert.deepEqual(await purgeOnce(other), { transactions: 250 })
    assert.deepEqual(await purgeOnce(deps), {})
  })
})

describe('retention, run after run', () => {
  /** Runs on timers that the test moves, and ends with the test. */
  function running(t: TestContext, transactions: TransactionStore) {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const { clock, deps, log } = retentionOf(transactions)
    const stopping = new AbortController()
    const claims: DutyClaim[] = []
    const duties: DutyStore = {
      claim(claim) {
        claims.push(claim)
        return deps.duties.claim(claim)
      },
    }
    const ended = keepRetention({ ...deps, duties }, stopping.signal)
    return {
      clock,
      claims,
      log,
      /** Lets time pass on both clocks, and what is due happen. */
      async pass(ms: number) {
        clock.at += ms
        await settled()
        t.mock.timers.tick(ms)
        await settled()
      },
      async stop() {
        stopping.abort()
        await ended
      },
    }
  }
  const settled = async () => {
    for (let i = 0; i < 20; i += 1) await new Promise(setImmediate)
  }

  test('begins a minute after the start and goes on every ten minutes', async (t) => {
    const transactions = memoryTransactions()
    const edge = NOW - 90 * DAY
    await transactions.insert(transactionAt(edge - 1, 'old at the start'))
    await transactions.insert(transactionAt(edge + 5 * MINUTE, 'old five minutes later'))
    const { pass, stop } = running(t, transactions)
    await pass(MINUTE - 1)
    assert.equal((await xidsOf(transactions)).length, 2)
    await pass(1)
    assert.deepEqual(await xidsOf(transactions), ['old five minutes later'])
    await pass(10 * MINUTE)
    await pass(10 * MINUTE)
    assert.deepEqual(await xidsOf(transactions), [])
    await stop()
  })

  test('F-10 a clock that is wrong at one run costs nothing: the next run knows better', async (t) => {
    const transactions = memoryTransactions()
    await transactions.insert(transactionAt(NOW, 'young'))
    const { clock, pass, stop } = running(t, transactions)
    await pass(MINUTE)
    clock.at += 400 * DAY
    await pass(10 * MINUTE)
    clock.at -= 400 * DAY
    await pass(10 * MINUTE)
    assert.deepEqual(await xidsOf(transactions), ['young'])
    await stop()
  })

  test('F-10 a clock that is wrong at the start costs nothing when it is right a minute later', async (t) => {
    const transactions = memoryTransactions()
    await transactions.insert(transactionAt(NOW - 400 * DAY, 'young'))
    const { clock, pass, stop } = running(t, transactions)
    await settled()
    clock.at -= 400 * DAY
    await pass(MINUTE)
    assert.deepEqual(await xidsOf(transactions), ['young'])
    await stop()
  })

  test('F-10 a clock that is set forward for good counts from the second run on', async (t) => {
    const transactions = memoryTransactions()
    await transactions.insert(transactionAt(NOW, 'old by now'))
    const { clock, pass, stop } = running(t, transactions)
    clock.at += 400 * DAY
    await pass(MINUTE)
    assert.deepEqual(await xidsOf(transactions), ['old by now'])
    await pass(10 * MINUTE)
    assert.deepEqual(await xidsOf(transactions), [])
    await stop()
  })

  test('F-10 a clock that is set back keeps more, never less', async (t) => {
    const transactions = memoryTransactions()
    await transactions.insert(transactionAt(NOW - 90 * DAY - 1, 'old'))
    const { clock, pass, stop } = running(t, transactions)
    clock.at -= DAY
    await pass(MINUTE)
    await pass(10 * MINUTE)
    assert.deepEqual(await xidsOf(transactions), ['old'])
    await stop()
  })

  test('holds its duty from the time of each run, for nine minutes', async (t) => {
    const { clock, claims, pass, stop } = running(t, memoryTransactions())
    for (const ms of [MINUTE, 10 * MINUTE, 10 * MINUTE]) {
      await pass(ms)
      const { claimedAt, until } = claims.at(-1) as DutyClaim
      assert.deepEqual([claimedAt, until], [clock.at, clock.at + 9 * MINUTE])
    }
    await stop()
  })

  test('survives a store that cannot answer', async (t) => {
    const transactions = memoryTransactions()
    await transactions.insert(transactionAt(0, 'old'))
    let failures = 0
    const { log, pass, stop } = running(t, {
      ...transactions,
      purge(...args) {
        failures += 1
        if (failures === 1) return Promise.reject(new Error('no answer'))
        return transactions.purge(...args)
      },
    })
    await pass(MINUTE)
    await pass(10 * MINUTE)
    assert.deepEqual(
      log.map(({ msg }) => msg),
      ['purge failed', 'purged'],
    )
    await stop()
  })

  test('stops at once, also before its first run', async (t) => {
    const { stop } = running(t, memoryTransactions())
    await stop()
  })
})
