import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  STORED_STATUSES,
  type StoredStatus,
} from '../../../packages/server/src/flows/transaction/store.ts'
import type { OpenStores } from '../open.ts'
import {
  entryOf,
  HUNDRED,
  historyOf,
  insertAll,
  NOW,
  OPEN,
  order,
  rowOf,
  wins,
} from './examples.ts'

/** Every set of statuses, the empty one too. */
const STATUS_SETS = Array.from({ length: 2 ** STORED_STATUSES.length }, (_, bits) =>
  STORED_STATUSES.filter((_, i) => (bits >> i) % 2 === 1),
)

export function advanceSuite(open: OpenStores) {
  test('exactly one of 100 concurrent callers moves a transaction on, from each status', async () => {
    await using stores = await open()
    const { transactions } = stores
    for (const status of STORED_STATUSES) {
      await transactions.insert({ ...order, xid: status, status })
      const to = status === 'revoked' ? 'completed' : 'revoked'
      const answers = await Promise.all(
        HUNDRED.map((i) =>
          transactions.advance('customer', status, {
            from: [status],
            to: { ...entryOf(to), by: `caller ${i}` },
          }),
        ),
      )
      assert.equal(wins(answers), 1)
      const [entry, ...others] = await historyOf(transactions, status)
      assert.equal(entry?.by, `caller ${answers.indexOf(true)}`)
      assert.deepEqual(others, [])
      assert.equal((await transactions.get('customer', status))?.status, to)
    }
  })

  test('of callers that race to different ends exactly one arrives', async () => {
    await using stores = await open()
    const { transactions } = stores
    const ends = ['completed', 'failed', 'revoked'] as const
    await insertAll(
      transactions,
      HUNDRED.map((i) => ({ ...order, xid: String(i), status: 'presented' })),
    )
    const races = await Promise.all(
      HUNDRED.map((i) => {
        const to = (end: StoredStatus) => ({ from: OPEN, to: entryOf(end) })
        return Promise.all(ends.map((end) => transactions.advance('customer', String(i), to(end))))
      }),
    )
    for (const [i, answers] of races.entries()) {
      assert.equal(wins(answers), 1)
      const end = ends[answers.indexOf(true)]
      assert.equal((await transactions.get('customer', String(i)))?.status, end)
      const history = await historyOf(transactions, String(i))
      assert.deepEqual(
        history.map(({ status }) => status),
        [end],
      )
    }
  })

  test('advance moves from every set of statuses that holds the present one, else nothing', async () => {
    await using stores = await open()
    const { transactions } = stores
    const cases = STORED_STATUSES.flatMap((status) =>
      STATUS_SETS.map((from) => ({ before: { ...order, xid: `${status}.${from}`, status }, from })),
    )
    await insertAll(
      transactions,
      cases.map(({ before }) => before),
    )
    const to = entryOf('failed', NOW + 7)
    const moved = await Promise.all(
      cases.map(({ before, from }) => transactions.advance('customer', before.xid, { from, to })),
    )
    for (const [i, { before, from }] of cases.entries()) {
      const { xid, status } = before
      const may = from.includes(status)
      assert.equal(moved[i], may, xid)
      const after = may ? { ...before, status: 'failed', updatedAt: NOW + 7 } : before
      assert.deepEqual(await rowOf(transactions, xid), after)
      assert.deepEqual(await historyOf(transactions, xid), may ? [to] : [])
    }
  })

  test('advance is refused for an unknown xid and another customer', async () => {
    await using stores = await open()
    const { transactions } = stores
    await transactions.insert(order)
    const change = { from: STORED_STATUSES, to: entryOf('revoked') }
    assert.equal(await transactions.advance('customer', 'order-2', change), false)
    assert.equal(await transactions.advance('customer-2', 'order-1', change), false)
    assert.deepEqual(await historyOf(transactions, 'order-2'), [])
    assert.deepEqual(await rowOf(transactions, 'order-1'), order)
  })

  test('F-10 the history is in the order of the changes, also when the clock is set back', async () => {
    await using stores = await open()
    const { transactions } = stores
    await transactions.insert(order)
    const times = [NOW + 3, NOW + 3, NOW - 1000, 0, NOW + 1]
    for (const at of times) {
      const to = entryOf('presented', at)
      await transactions.advance('customer', 'order-1', { from: STORED_STATUSES, to })
    }
    const history = await historyOf(transactions, 'order-1')
    assert.deepEqual(
      history.map(({ at }) => at),
      times,
    )
  })
}
