import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  STORED_STATUSES,
  type StoredStatus,
  type Transaction,
  type TransactionQuery,
} from '../../../packages/server/src/flows/transaction/store.ts'
import { LONGEST_MS, type OpenStores, RUNS } from '../open.ts'
import { HUNDRED, insertAll, NOW, order, xidsOf } from './examples.ts'
import { Model } from './model.ts'

/** Times with many ties and in any order: a clock that is set back again and again. */
const someTransactions = fc.uniqueArray(
  fc.record({
    customerId: fc.constantFrom('customer', 'customer-2'),
    xid: fc.stringMatching(/^[A-Za-z0-9._~-]{1,3}$/),
    phoneNumber: fc.constantFrom('15555551212', '15555551213', '1555555121'),
    status: fc.constantFrom(...STORED_STATUSES),
    issuedAt: fc.integer({ min: NOW, max: NOW + 12 }),
  }),
  { minLength: 20, maxLength: 80, selector: ({ customerId, xid }) => `${customerId} ${xid}` },
)

/** All combinations of one value, or none, of each filter. */
const FILTERS = ['customer', 'customer-2', 'customer-3'].flatMap((customerId) =>
  [undefined, '15555551212', '1555555121', '19999999999'].flatMap((phoneNumber) =>
    [undefined, ...STORED_STATUSES].flatMap((status) =>
      [undefined, NOW + 3, NOW + 13].flatMap((from) =>
        [undefined, NOW + 9, NOW].map((to) => ({ customerId, phoneNumber, status, from, to })),
      ),
    ),
  ),
)

export function listSuite(open: OpenStores) {
  test('list is newest first, and of one moment in the binary order of xids, backwards', async () => {
    await using stores = await open()
    const { transactions } = stores
    const sameTime = ['a', 'B', 'b', 'aa', 'A', '-', '.', '_', '~', '0', '9', 'Z', 'z', '10', '1']
    await insertAll(transactions, [
      { ...order, xid: 'newest', issuedAt: NOW + 1 },
      ...sameTime.map((xid) => ({ ...order, xid })),
      { ...order, xid: 'oldest', issuedAt: NOW - 1 },
    ])
    const expected = [
      ...['newest', '~', 'z', 'b', 'aa', 'a', '_', 'Z', 'B', 'A'],
      ...['9', '10', '1', '0', '.', '-', 'oldest'],
    ]
    const filters = [{}, { status: 'issued' }, { phoneNumber: order.phoneNumber }] as const
    for (const filter of filters) assert.deepEqual(await xidsOf(transactions, filter), expected)
  })

  test('list mixes statuses and phone numbers without disturbing the order', async () => {
    await using stores = await open()
    const { transactions } = stores
    const all = HUNDRED.map((i) => ({
      ...order,
      xid: String(i),
      issuedAt: NOW + Math.floor(i / 7),
      status: STORED_STATUSES[i % 5] as StoredStatus,
      phoneNumber: `1555555121${i % 3}`,
    }))
    await insertAll(transactions, all)
    const listed = await transactions.list({ customerId: 'customer', limit: 1000 })
    const place = ({ issuedAt, xid }: Transaction) => `${issuedAt} ${xid}`
    assert.deepEqual(listed.map(place), all.map(place).toSorted().toReversed())
  })

  test('`from` is part of the range, `to` is not', async () => {
    await using stores = await open()
    const { transactions } = stores
    await insertAll(
      transactions,
      [1, 2, 3, 4].map((i) => ({ ...order, xid: String(i), issuedAt: NOW + i })),
    )
    for (const filter of [{}, { status: 'issued' }, { phoneNumber: order.phoneNumber }] as const) {
      const xids = (range: Partial<TransactionQuery>) =>
        xidsOf(transactions, { ...filter, ...range })
      assert.deepEqual(await xids({ from: NOW + 2 }), ['4', '3', '2'])
      assert.deepEqual(await xids({ to: NOW + 3 }), ['2', '1'])
      assert.deepEqual(await xids({ from: NOW + 2, to: NOW + 4 }), ['3', '2'])
      assert.deepEqual(await xids({ from: NOW + 2, to: NOW + 2 }), [])
      assert.deepEqual(await xids({ from: NOW + 4, to: NOW + 1 }), [])
    }
  })

  test('list gives at most `limit`', async () => {
    await using stores = await open()
    const { transactions } = stores
    await insertAll(
      transactions,
      HUNDRED.map((i) => ({ ...order, xid: String(i), issuedAt: NOW + i })),
    )
    for (const limit of [1, 2, 99, 100, 101]) {
      const xids = await xidsOf(transactions, { limit })
      assert.deepEqual(xids, HUNDRED.toReversed().slice(0, limit).map(String))
    }
  })

  test('a cursor is a place in the order, whatever is issued meanwhile or stands there', async () => {
    await using stores = await open()
    const { transactions } = stores
    await insertAll(
      transactions,
      HUNDRED.map((i) => ({ ...order, xid: String(i), issuedAt: NOW + Math.floor(i / 10) })),
    )
    const all = await xidsOf(transactions)
    const [read, unread] = [all.slice(0, 45), all.slice(45)]
    const last = read.at(-1) as string
    const { issuedAt } = (await transactions.get('customer', last)) as Transaction
    await insertAll(transactions, [{ ...order, xid: 'new', issuedAt: NOW + 99 }])
    assert.deepEqual(await xidsOf(transactions, { after: { issuedAt, xid: last } }), unread)
    const nobody = { issuedAt, xid: `${last}.` }
    assert.deepEqual(await xidsOf(transactions, { after: nobody }), [last, ...unread])
  })

  test('every combination of filters finds, page by page, what the model finds', async () => {
    const agrees = fc.asyncProperty(
      someTransactions,
      fc.integer({ min: 1, max: 9 }),
      async (some, limit) => {
        await using stores = await open()
        const { transactions } = stores
        const model = new Model()
        for (const one of some) model.insert({ ...order, ...one })
        await insertAll(
          transactions,
          some.map((one) => ({ ...order, ...one })),
        )
        const compare = async (filter: (typeof FILTERS)[number]) => {
          const expected = model.list({ ...filter, limit: 1000 })
          const name = JSON.stringify(filter)
          assert.deepEqual(await transactions.list({ ...filter, limit: 1000 }), expected, name)
          let after: TransactionQuery['after']
          for (let read = 0; read <= expected.length; read += limit) {
            const page = await transactions.list({ ...filter, after, limit })
            assert.deepEqual(page, expected.slice(read, read + limit), name)
            after = page.at(-1)
          }
        }
        await Promise.all(FILTERS.map(compare))
      },
    )
    await fc.assert(agrees, { numRuns: 3 * RUNS, interruptAfterTimeLimit: LONGEST_MS })
  })
}
