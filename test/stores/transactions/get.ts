import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OpenStores } from '../open.ts'
import { entryOf, HUNDRED, insertAll, next, OPEN, order } from './examples.ts'

export function getSuite(open: OpenStores) {
  test('get gives a transaction with its history, oldest change first', async () => {
    await using stores = await open()
    const { transactions } = stores
    assert.equal(await transactions.get('customer', 'order-1'), undefined)
    await transactions.insert(order)
    assert.deepEqual(await transactions.get('customer', 'order-1'), { ...order, history: [] })
    const to = { ...entryOf('revoked', next.issuedAt + 1), detail: 'a detail' }
    await transactions.reissue(next)
    await transactions.advance('customer', 'order-1', { from: OPEN, to })
    assert.deepEqual((await transactions.get('customer', 'order-1'))?.history, [next.entry, to])
  })

  test('get has the history of its own transaction only', async () => {
    await using stores = await open()
    const { transactions } = stores
    const twin = { ...order, customerId: 'customer-2' }
    await insertAll(transactions, [order, twin, { ...order, xid: 'order-2' }])
    await transactions.reissue(next)
    assert.deepEqual((await transactions.get('customer', 'order-2'))?.history, [])
    assert.deepEqual((await transactions.get('customer-2', 'order-1'))?.history, [])
  })

  test('get shows a transaction and its history as of one moment, whoever changes it', async () => {
    await using stores = await open()
    const { transactions } = stores
    await insertAll(
      transactions,
      HUNDRED.map((i) => ({ ...order, xid: String(i) })),
    )
    const change = { from: OPEN, to: entryOf('revoked') }
    const reads = HUNDRED.map(async (i) => {
      let writing = true
      const write = transactions.advance('customer', String(i), change).finally(() => {
        writing = false
      })
      while (writing) {
        const found = await transactions.get('customer', String(i))
        assert.equal(found?.history.at(-1)?.status ?? 'issued', found?.status)
      }
      await write
    })
    await Promise.all(reads)
  })
}
