import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RETRY_KEPT_MS } from '../../../packages/server/src/flows/transaction/store.ts'
import type { OpenStores } from '../open.ts'
import {
  entryOf,
  HUNDRED,
  historyOf,
  insertAll,
  NOW,
  next,
  OPEN,
  order,
  retry,
  rowOf,
  wins,
  xidsOf,
} from './examples.ts'

export function insertSuite(open: OpenStores) {
  test('a key gives way to its next use once it is older than it is remembered', async () => {
    await using stores = await open()
    const { transactions } = stores
    await transactions.insert(order, retry)
    const later = (ms: number, xid: string) => {
      const issuedAt = NOW + RETRY_KEPT_MS + ms
      return [
        { ...order, xid, issuedAt },
        { ...retry, xid, issuedAt },
      ] as const
    }
    assert.equal(await transactions.insert(...later(0, 'order-2')), false)
    assert.equal(await transactions.insert(...later(1, 'order-3')), true)
    assert.deepEqual(await transactions.getRetry('caller', 'key'), later(1, 'order-3')[1])
    assert.equal(await transactions.insert(...later(2, 'order-4')), false)
    const muchLater = NOW + 3 * RETRY_KEPT_MS
    assert.equal(await transactions.reissue(next, { ...retry, issuedAt: muchLater }), true)
    assert.equal((await transactions.getRetry('caller', 'key'))?.issuedAt, muchLater)
  })

  test('what is not there is undefined, and has no history', async () => {
    await using stores = await open()
    const { transactions } = stores
    assert.equal(await transactions.get('customer', 'order-1'), undefined)
    assert.deepEqual(await historyOf(transactions, 'order-1'), [])
    assert.equal(await transactions.getRetry('caller', 'key'), undefined)
    assert.deepEqual(await xidsOf(transactions), [])
  })

  test('insert keeps every member', async () => {
    await using stores = await open()
    const { transactions } = stores
    const digest = {
      ...order,
      xid: 'order-2',
      token: undefined,
      tokenSha256: 'cd'.repeat(32),
      referenceId: 'ABCDEF0123456789ABCDEF0123456789',
      expiresAt: NOW + 1,
      updatedAt: NOW + 2,
      openedAt: NOW + 3,
      openedBy: '0123456789ab',
    }
    await insertAll(transactions, [order, digest])
    assert.deepEqual(await rowOf(transactions, 'order-1'), order)
    assert.deepEqual(await rowOf(transactions, 'order-2'), digest)
    assert.deepEqual(await historyOf(transactions, 'order-1'), [])
  })

  test('insert keeps the first of two equal xids', async () => {
    await using stores = await open()
    const { transactions } = stores
    assert.equal(await transactions.insert(order), true)
    assert.equal(await transactions.insert({ ...order, phoneNumber: '15555550199' }), false)
    assert.equal(await transactions.insert(order), false)
    assert.deepEqual(await rowOf(transactions, 'order-1'), order)
  })

  test('exactly one of 100 concurrent inserts of an xid wins, and its row is kept', async () => {
    await using stores = await open()
    const { transactions } = stores
    const kept = await Promise.all(
      HUNDRED.map((i) => transactions.insert({ ...order, openedBy: `caller ${i}` })),
    )
    assert.equal(wins(kept), 1)
    const found = await transactions.get('customer', 'order-1')
    assert.equal(found?.openedBy, `caller ${kept.indexOf(true)}`)
  })

  test('E-06 two customers with the same xid are independent', async () => {
    await using stores = await open()
    const { transactions } = stores
    const other = { ...order, customerId: 'customer-2', phoneNumber: '15555550199' }
    await insertAll(transactions, [order, other])
    const toRevoked = { from: OPEN, to: entryOf('revoked') }
    assert.equal(await transactions.advance('customer-2', 'order-1', toRevoked), true)
    assert.equal(await transactions.reissue({ ...next, customerId: 'customer-2' }), false)
    assert.deepEqual(await rowOf(transactions, 'order-1'), order)
    assert.deepEqual(await historyOf(transactions, 'order-1'), [])
    assert.equal((await transactions.get('customer-2', 'order-1'))?.history.length, 1)
    assert.deepEqual(await transactions.list({ customerId: 'customer', limit: 9 }), [order])
    const ofPhone = { phoneNumber: order.phoneNumber, limit: 9 }
    assert.deepEqual(await transactions.list({ customerId: 'customer-2', ...ofPhone }), [])
  })

  test('customer and xid are two names, not one long one', async () => {
    await using stores = await open()
    const { transactions } = stores
    const pairs = [
      ['a', 'b.c'],
      ['a.b', 'c'],
      ['a', 'b'],
      ['b', 'a'],
    ] as const
    await insertAll(
      transactions,
      pairs.map(([customerId, xid]) => ({ ...order, customerId, xid })),
    )
    assert.equal(await transactions.get('a.b.c', ''), undefined)
  })

  test('a retry is kept with its transaction', async () => {
    await using stores = await open()
    const { transactions } = stores
    assert.equal(await transactions.insert(order, retry), true)
    assert.deepEqual(await transactions.getRetry('caller', 'key'), retry)
    assert.deepEqual(await rowOf(transactions, 'order-1'), order)
  })

  test('all or nothing: where the xid is taken, the retry is not kept', async () => {
    await using stores = await open()
    const { transactions } = stores
    await transactions.insert(order)
    assert.equal(await transactions.insert(order, retry), false)
    assert.equal(await transactions.getRetry('caller', 'key'), undefined)
  })

  test('all or nothing: where the key is taken, the transaction is not kept', async () => {
    await using stores = await open()
    const { transactions } = stores
    await transactions.insert(order, retry)
    const second = { ...order, xid: 'order-2' }
    assert.equal(await transactions.insert(second, { ...retry, xid: 'order-2' }), false)
    assert.equal(await transactions.get('customer', 'order-2'), undefined)
    assert.deepEqual(await transactions.getRetry('caller', 'key'), retry)
    assert.deepEqual(await xidsOf(transactions), ['order-1'])
    assert.equal(await transactions.insert(second), true)
  })

  test('exactly one of 100 concurrent inserts with the same key wins, the others leave nothing', async () => {
    await using stores = await open()
    const { transactions } = stores
    const kept = await Promise.all(
      HUNDRED.map((i) => {
        const xid = `order-${i}`
        return transactions.insert({ ...order, xid }, { ...retry, xid })
      }),
    )
    assert.equal(wins(kept), 1)
    const winner = `order-${kept.indexOf(true)}`
    assert.deepEqual(await xidsOf(transactions), [winner])
    assert.equal((await transactions.getRetry('caller', 'key'))?.xid, winner)
  })

  test('a refused insert takes nothing of its neighbours with it', async () => {
    await using stores = await open()
    const { transactions } = stores
    await transactions.insert(order, retry)
    const kept = await Promise.all(
      HUNDRED.map((i) => {
        const xid = `order-${i + 2}`
        // Every third uses the key that is taken.
        const key = i % 3 === 0 ? 'key' : `key ${i}`
        return transactions.insert({ ...order, xid }, { ...retry, xid, key })
      }),
    )
    assert.deepEqual(
      kept,
      HUNDRED.map((i) => i % 3 !== 0),
    )
    assert.equal((await xidsOf(transactions)).length, 1 + wins(kept))
  })

  test('keys belong to their caller', async () => {
    await using stores = await open()
    const { transactions } = stores
    const pairs = [
      ['caller', 'key'],
      ['Caller', 'key'],
      ['caller', 'KEY'],
      ['caller 2', 'key'],
      ['caller', '2 key'],
      ['caller","', 'key'],
      ['caller', '","key'],
      ['__proto__', 'constructor'],
    ] as const
    for (const [i, [caller, key]] of pairs.entries()) {
      const xid = `order-${i}`
      const kept = await transactions.insert({ ...order, xid }, { ...retry, caller, key, xid })
      assert.equal(kept, true, `${caller} ${key}`)
    }
    for (const [i, [caller, key]] of pairs.entries()) {
      assert.equal((await transactions.getRetry(caller, key))?.xid, `order-${i}`)
    }
  })
}
