import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OpenStores } from '../open.ts'
import {
  entryOf,
  historyOf,
  insertAll,
  LAST_TIME,
  next,
  OPEN,
  order,
  retry,
  rowOf,
  xidsOf,
} from './examples.ts'

export function valuesSuite(open: OpenStores) {
  test('E-03 xids are compared byte for byte, and none of them is special', async () => {
    await using stores = await open()
    const { transactions } = stores
    const xids = [
      ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'null'],
      ...['a', 'A', 'order', 'Order', 'ORDER', '0', '00', '-0', '0.0', '1e0', '1', '01', 'NaN'],
      ...['.', '..', '~', '-', '--', '_', '%', '*', "'", '"', ';', '?1', '$1', 'x'.repeat(100)],
    ]
    await insertAll(
      transactions,
      xids.map((xid, i) => ({ ...order, xid, openedBy: String(i) })),
    )
    for (const [i, xid] of xids.entries()) {
      assert.equal((await transactions.get('customer', xid))?.openedBy, String(i), xid)
      assert.equal(await transactions.insert({ ...order, xid }), false, xid)
    }
    assert.deepEqual((await xidsOf(transactions)).toSorted(), xids.toSorted())
    assert.equal(await transactions.get('customer', 'valueOf'), undefined)
  })

  test('F-23 text comes back as it was: four-byte UTF-8, marks, quotes, line ends', async () => {
    await using stores = await open()
    const { transactions } = stores
    const texts = [
      ...['😀 𝒳 🇩🇪 👩‍👩‍👧', 'e\u0301 is not \u00e9', '\u202eright to left', '\ufeffmark', '\u2028'],
      ...["'; DROP TABLE transactions; --", '"$1" ?1 :a @b', ' \t\r\n ', '', 'x'.repeat(10_000)],
    ]
    for (const [i, text] of texts.entries()) {
      const xid = String(i)
      await transactions.insert({ ...order, xid, openedBy: text, referenceId: text })
      const to = { ...entryOf('presented'), by: text, detail: text }
      await transactions.advance('customer', xid, { from: OPEN, to })
      assert.deepEqual(await historyOf(transactions, xid), [to])
      const found = await transactions.get('customer', xid)
      assert.deepEqual([found?.openedBy, found?.referenceId], [text, text])
      const sent = { ...retry, caller: text, key: text, bodySha256: text }
      await transactions.reissue({ ...next, xid }, sent)
      assert.deepEqual(await transactions.getRetry(text, text), sent)
    }
  })

  test('F-23 numbers come back as they were, from 0 to the last time of a Date', async () => {
    await using stores = await open()
    const { transactions } = stores
    const times = [0, 1, 2 ** 31, 2 ** 32, 253_402_300_799_999, 2 ** 51, 2 ** 51 + 1, LAST_TIME]
    for (const at of times) {
      const xid = String(at)
      const opened = { ...order, xid, issuedAt: at, expiresAt: at, updatedAt: at, openedAt: at }
      await transactions.insert(opened, { ...retry, key: xid, issuedAt: at })
      assert.deepEqual(await rowOf(transactions, xid), opened)
      assert.equal((await transactions.getRetry('caller', xid))?.issuedAt, at)
      await transactions.advance('customer', xid, { from: OPEN, to: entryOf('presented', at) })
      assert.equal((await historyOf(transactions, xid))[0]?.at, at)
    }
    const newestFirst = times.toReversed().map(String)
    const { phoneNumber } = order
    assert.deepEqual(await xidsOf(transactions), newestFirst)
    assert.deepEqual(await xidsOf(transactions, { phoneNumber }), newestFirst)
    assert.deepEqual(await xidsOf(transactions, { from: LAST_TIME }), [String(LAST_TIME)])
    const after = { issuedAt: LAST_TIME, xid: String(LAST_TIME) }
    assert.deepEqual(await xidsOf(transactions, { after }), newestFirst.slice(1))
  })

  test('a token of 8192 characters is kept whole', async () => {
    await using stores = await open()
    const { transactions } = stores
    const token = 'x'.repeat(8192)
    await transactions.insert({ ...order, token })
    assert.equal((await transactions.get('customer', 'order-1'))?.token, token)
  })
}
