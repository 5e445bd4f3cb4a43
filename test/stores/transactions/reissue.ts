import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Reissue,
  STORED_STATUSES,
} from '../../../packages/server/src/flows/transaction/store.ts'
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

export function reissueSuite(open: OpenStores) {
  test('reissue gives an open transaction its next token and an entry in the history', async () => {
    await using stores = await open()
    const { transactions } = stores
    await transactions.insert(order)
    assert.equal(await transactions.reissue(next), true)
    const { entry, ...issue } = next
    assert.deepEqual(await rowOf(transactions, 'order-1'), {
      ...order,
      ...issue,
      updatedAt: next.issuedAt,
    })
    assert.deepEqual(await historyOf(transactions, 'order-1'), [entry])
  })

  test('reissue leaves the first issue and the reference as they are', async () => {
    await using stores = await open()
    const { transactions } = stores
    await transactions.insert({ ...order, referenceId: 'reference', openedBy: 'first' })
    assert.equal(await transactions.reissue(next), true)
    const found = await transactions.get('customer', 'order-1')
    assert.deepEqual(
      [found?.openedAt, found?.openedBy, found?.referenceId],
      [NOW, 'first', 'reference'],
    )
  })

  test('reissue changes from a token to its digest and back', async () => {
    await using stores = await open()
    const { transactions } = stores
    await transactions.insert(order)
    await transactions.reissue({ ...next, token: undefined, tokenSha256: 'cd'.repeat(32) })
    const digest = await transactions.get('customer', 'order-1')
    assert.deepEqual([digest?.token, digest?.tokenSha256], [undefined, 'cd'.repeat(32)])
    await transactions.reissue(next)
    const whole = await transactions.get('customer', 'order-1')
    assert.deepEqual([whole?.token, whole?.tokenSha256], [next.token, undefined])
  })

  test('reissue is for the same customer, xid and phone number, else it is nothing at all', async () => {
    await using stores = await open()
    const { transactions } = stores
    const refused: readonly Partial<Reissue>[] = [
      { xid: 'order-2' },
      { xid: 'ORDER-1' },
      { customerId: 'customer-2' },
      { phoneNumber: '15555550199' },
      { phoneNumber: '+15555551212' },
    ]
    await transactions.insert(order)
    for (const other of refused) {
      assert.equal(await transactions.reissue({ ...next, ...other }, retry), false)
      assert.deepEqual(await rowOf(transactions, 'order-1'), order)
      assert.deepEqual(await historyOf(transactions, 'order-1'), [])
      assert.equal(await transactions.getRetry('caller', 'key'), undefined)
    }
  })

  test('reissue is for open transactions, leaves their status, and is else nothing at all', async () => {
    await using stores = await open()
    const { transactions } = stores
    for (const status of STORED_STATUSES) {
      const isOpen = OPEN.includes(status)
      await transactions.insert({ ...order, xid: status, status })
      const key = status
      assert.equal(await transactions.reissue({ ...next, xid: status }, { ...retry, key }), isOpen)
      const found = await transactions.get('customer', status)
      assert.equal(found?.status, status)
      assert.equal(found?.token, isOpen ? next.token : order.token)
      assert.equal((await historyOf(transactions, status)).length, isOpen ? 1 : 0)
      assert.equal((await transactions.getRetry('caller', key)) !== undefined, isOpen)
    }
  })

  test('reissue keeps its retry, and is nothing at all where the key is taken', async () => {
    await using stores = await open()
    const { transactions } = stores
    await transactions.insert(order)
    assert.equal(await transactions.reissue(next, retry), true)
    const later = { ...next, token: 'a third token', issuedAt: NOW + 9_000 }
    assert.equal(await transactions.reissue(later, { ...retry, bodySha256: 'other' }), false)
    assert.equal((await transactions.get('customer', 'order-1'))?.token, next.token)
    assert.deepEqual(await historyOf(transactions, 'order-1'), [next.entry])
    assert.deepEqual(await transactions.getRetry('caller', 'key'), retry)
  })

  test('100 concurrent reissues are 100 entries, and the last of them is what is kept', async () => {
    await using stores = await open()
    const { transactions } = stores
    await transactions.insert(order)
    const answers = await Promise.all(
      HUNDRED.map((i) => {
        const token = `token ${i}`
        return transactions.reissue({ ...next, token, entry: { ...next.entry, detail: token } })
      }),
    )
    assert.equal(wins(answers), 100)
    const history = await historyOf(transactions, 'order-1')
    assert.deepEqual(
      history.map(({ detail }) => detail).toSorted(),
      HUNDRED.map((i) => `token ${i}`).toSorted(),
    )
    assert.equal((await transactions.get('customer', 'order-1'))?.token, history.at(-1)?.detail)
  })

  test('exactly one of 100 concurrent reissues with the same key wins', async () => {
    await using stores = await open()
    const { transactions } = stores
    await transactions.insert(order)
    const answers = await Promise.all(HUNDRED.map(() => transactions.reissue(next, retry)))
    assert.equal(wins(answers), 1)
    assert.equal((await historyOf(transactions, 'order-1')).length, 1)
  })

  test('a reissued transaction is listed by its latest issue, and once', async () => {
    await using stores = await open()
    const { transactions } = stores
    const { phoneNumber } = order
    await insertAll(transactions, [order, { ...order, xid: 'order-2', issuedAt: NOW + 1 }])
    await transactions.reissue(next)
    assert.deepEqual(await xidsOf(transactions), ['order-1', 'order-2'])
    assert.deepEqual(await xidsOf(transactions, { phoneNumber }), ['order-1', 'order-2'])
    assert.deepEqual(await xidsOf(transactions, { to: NOW + 1 }), [])
    assert.deepEqual(await xidsOf(transactions, { phoneNumber, from: NOW + 2 }), ['order-1'])
  })

  test('F-10 a clock set back between two issues of a transaction loses neither', async () => {
    await using stores = await open()
    const { transactions } = stores
    await insertAll(transactions, [order, { ...order, xid: 'order-2', issuedAt: NOW + 1 }])
    const earlier = { ...next, issuedAt: NOW - 60_000 }
    assert.equal(await transactions.reissue(earlier), true)
    const query = { phoneNumber: order.phoneNumber }
    assert.deepEqual(await xidsOf(transactions, query), ['order-2', 'order-1'])
    const found = await transactions.get('customer', 'order-1')
    assert.deepEqual([found?.token, found?.updatedAt], [next.token, NOW - 60_000])
  })

  test('reissue and revoke race to one outcome: after a revocation nothing is issued', async () => {
    await using stores = await open()
    const { transactions } = stores
    await insertAll(
      transactions,
      HUNDRED.map((i) => ({ ...order, xid: String(i) })),
    )
    await Promise.all(
      HUNDRED.flatMap((i) => {
        const xid = String(i)
        const again = () => transactions.reissue({ ...next, xid })
        const toRevoked = { from: OPEN, to: entryOf('revoked') }
        const revoke = () => transactions.advance('customer', xid, toRevoked)
        return i % 2 === 0 ? [again(), revoke(), again()] : [revoke(), again(), again()]
      }),
    )
    for (const i of HUNDRED) {
      const history = await historyOf(transactions, String(i))
      assert.equal(history.at(-1)?.status, 'revoked')
      assert.equal((await transactions.get('customer', String(i)))?.status, 'revoked')
    }
  })
}
