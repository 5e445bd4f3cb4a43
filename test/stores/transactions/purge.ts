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
  next,
  order,
  retry,
  rowOf,
  wins,
  xidsOf,
} from './examples.ts'

/** One each millisecond from NOW on, of all statuses. */
const aged = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    ...order,
    xid: `order-${i}`,
    issuedAt: NOW + i,
    status: STORED_STATUSES[i % 5] as StoredStatus,
  }))

export function purgeSuite(open: OpenStores) {
  test('purge drops what was issued before, of every status and customer, and nothing else', async () => {
    await using stores = await open()
    const { transactions } = stores
    const customers = ['customer', 'customer-2', 'CUSTOMER']
    for (const customerId of customers) {
      await stores.apiKeys.keepCustomer(customerId, NOW)
      await insertAll(
        transactions,
        aged(20).map((transaction) => ({ ...transaction, customerId })),
      )
    }
    assert.equal(await transactions.purge(NOW + 10, 0, 1000), 30)
    assert.equal(await transactions.purge(NOW + 10, 0, 1000), 0)
    const left = aged(20)
      .slice(10)
      .map(({ xid }) => xid)
    for (const customerId of customers) {
      assert.deepEqual((await xidsOf(transactions, { customerId })).toReversed(), left)
    }
  })

  test('purge goes by the latest issue', async () => {
    await using stores = await open()
    const { transactions } = stores
    await stores.apiKeys.keepCustomer('customer', NOW)
    await transactions.insert(order)
    await transactions.reissue(next)
    assert.equal(await transactions.purge(next.issuedAt, 0, 10), 0)
    assert.equal(await transactions.purge(next.issuedAt + 1, 0, 10), 1)
  })

  test('purge in steps says `limit` until nothing is left', async () => {
    await using stores = await open()
    const { transactions } = stores
    await stores.apiKeys.keepCustomer('customer', NOW)
    await insertAll(transactions, aged(25))
    const steps = []
    for (let i = 0; i < 4; i += 1) steps.push(await transactions.purge(NOW + 22, 0, 10))
    assert.deepEqual(steps, [10, 10, 2, 0])
    assert.equal((await xidsOf(transactions)).length, 3)
  })

  test('what is issued again while purge runs stays, and what is not goes', async () => {
    await using stores = await open()
    const { transactions } = stores
    await stores.apiKeys.keepCustomer('customer', NOW)
    for (let round = 0; round < 5; round += 1) {
      const xids = HUNDRED.map((i) => `${round}.${i}`)
      await insertAll(
        transactions,
        xids.map((xid) => ({ ...order, xid })),
      )
      const reissueAll = (some: readonly string[]) =>
        Promise.all(some.map((xid) => transactions.reissue({ ...next, xid })))
      // In the middle of them, in steps of its own.
      const first = reissueAll(xids.slice(0, 50))
      const purged = transactions.purge(NOW + 1, 0, 1000)
      const second = reissueAll(xids.slice(50))
      const answers = [...(await first), ...(await second)]
      const found = await Promise.all(xids.map((xid) => rowOf(transactions, xid)))
      assert.deepEqual(
        found.map((row) => row?.token),
        answers.map((issued) => (issued ? next.token : undefined)),
      )
      assert.equal((await purged) + wins(answers), xids.length)
    }
  })

  test('a retry key that is used again while purge forgets it is there afterwards', async () => {
    await using stores = await open()
    const { transactions } = stores
    for (let round = 0; round < 5; round += 1) {
      const key = String(round)
      await transactions.insert({ ...order, xid: key }, { ...retry, key, xid: key })
      const again = { ...retry, key, xid: key, bodySha256: 'other', issuedAt: NOW + 5_000 }
      const [, used] = await Promise.all([
        transactions.purge(0, NOW + 1, 10),
        transactions.reissue({ ...next, xid: key }, again),
      ])
      const kept = await transactions.getRetry('caller', key)
      assert.equal(kept?.bodySha256, used ? 'other' : undefined)
      assert.equal((await rowOf(transactions, key))?.token, used ? next.token : order.token)
    }
  })

  test('purge leaves no history behind: an xid that is used again begins anew', async () => {
    await using stores = await open()
    const { transactions } = stores
    await stores.apiKeys.keepCustomer('customer', NOW)
    await insertAll(transactions, aged(10))
    for (const { xid } of aged(10)) {
      const to = entryOf('presented')
      await transactions.advance('customer', xid, { from: STORED_STATUSES, to })
      await transactions.reissue({ ...next, xid, issuedAt: NOW })
    }
    // What is counted are transactions, not what goes with them.
    assert.equal(await transactions.purge(NOW + 1, 0, 4), 4)
    assert.equal(await transactions.purge(NOW + 1, 0, 100), 6)
    await insertAll(transactions, aged(10))
    for (const { xid } of aged(10)) {
      assert.deepEqual(await historyOf(transactions, xid), [])
    }
  })

  test('purge asks for nothing but the time: the customer need not have been made known', async () => {
    await using stores = await open()
    const { transactions } = stores
    await insertAll(transactions, [order, { ...order, customerId: 'customer-2' }])
    assert.equal(await transactions.purge(NOW + 1, 0, 10), 2)
  })

  test('purge forgets retries issued before, not those issued at that moment', async () => {
    await using stores = await open()
    const { transactions } = stores
    for (const [key, issuedAt] of Object.entries({ old: NOW + 1, young: NOW + 2 })) {
      await transactions.insert({ ...order, xid: key }, { ...retry, key, xid: key, issuedAt })
    }
    assert.equal(await transactions.purge(0, NOW + 2, 10), 0)
    assert.equal(await transactions.getRetry('caller', 'old'), undefined)
    assert.equal((await transactions.getRetry('caller', 'young'))?.xid, 'young')
    assert.equal((await xidsOf(transactions)).length, 2)
  })

  test('purge that drops fewer than `limit` leaves no old retry, however many there were', async () => {
    await using stores = await open()
    const { transactions } = stores
    await Promise.all(
      HUNDRED.map((i) => {
        const xid = `order-${i}`
        return transactions.insert({ ...order, xid }, { ...retry, key: String(i), xid })
      }),
    )
    assert.equal(await transactions.purge(0, NOW + 1, 10), 0)
    const known = await Promise.all(HUNDRED.map((i) => transactions.getRetry('caller', String(i))))
    assert.equal(known.filter((one) => one !== undefined).length, 0)
  })

  test('a key that was forgotten may be used again', async () => {
    await using stores = await open()
    const { transactions } = stores
    await transactions.insert(order, retry)
    await transactions.purge(0, NOW + 1, 10)
    assert.equal(await transactions.reissue(next, { ...retry, bodySha256: 'other' }), true)
    assert.equal((await transactions.getRetry('caller', 'key'))?.bodySha256, 'other')
  })
}
