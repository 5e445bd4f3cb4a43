import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  STORED_STATUSES,
  type TransactionStore,
} from '../../../packages/server/src/flows/transaction/store.ts'
import { LONGEST_MS, type OpenStores, RUNS } from '../open.ts'
import { NOW, order, retry } from './examples.ts'
import { Model } from './model.ts'

const CUSTOMERS = ['customer', 'customer-2']
const XIDS = ['a', 'A', 'b']
const PHONES = ['15555551212', '15555551213']
const CALLERS = ['one', 'two']
const KEYS = ['k', 'K']

const time = fc.integer({ min: NOW, max: NOW + 20 })
const someRetry = fc.option(
  fc.record({ caller: fc.constantFrom(...CALLERS), key: fc.constantFrom(...KEYS), issuedAt: time }),
  { nil: undefined },
)
const step = fc.record({
  does: fc.constantFrom('insert', 'insert', 'reissue', 'reissue', 'advance', 'advance', 'purge'),
  subject: fc.record({
    customerId: fc.constantFrom(...CUSTOMERS),
    xid: fc.constantFrom(...XIDS),
    phoneNumber: fc.constantFrom(...PHONES),
  }),
  at: time,
  retriesBefore: time,
  someRetry,
  from: fc.subarray([...STORED_STATUSES]),
  status: fc.constantFrom(...STORED_STATUSES),
})
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** Does the step to the store and to the model; what each of them answers. */
async function both(transactions: TransactionStore, model: Model, step: Step, detail: string) {
  const { subject, at, from, status } = step
  const { customerId, xid } = subject
  const issue = { ...subject, token: detail, tokenSha256: undefined, issuedAt: at, expiresAt: at }
  const kept = step.someRetry && { ...retry, ...subject, ...step.someRetry }
  const entry = { status, at, by: 'caller', detail }
  switch (step.does) {
    case 'insert': {
      const opened = { ...order, ...issue }
      return [await transactions.insert(opened, kept), model.insert(opened, kept)]
    }
    case 'reissue': {
      const again = { ...issue, entry }
      return [await transactions.reissue(again, kept), model.reissue(again, kept)]
    }
    case 'advance':
      return [
        await transactions.advance(customerId, xid, { from, to: entry }),
        model.advance(customerId, xid, from, entry),
      ]
    default: {
      const { retriesBefore } = step
      return [await transactions.purge(at, retriesBefore, 100), model.purge(at, retriesBefore)]
    }
  }
}

async function sameAnswers(transactions: TransactionStore, model: Model) {
  for (const customerId of CUSTOMERS) {
    for (const phoneNumber of [undefined, ...PHONES]) {
      const query = { customerId, phoneNumber, limit: 100 }
      assert.deepEqual(await transactions.list(query), model.list(query))
    }
    for (const xid of XIDS) {
      assert.deepEqual(await transactions.get(customerId, xid), model.get(customerId, xid))
    }
  }
  for (const caller of CALLERS) {
    for (const key of KEYS) {
      assert.deepEqual(await transactions.getRetry(caller, key), model.getRetry(caller, key))
    }
  }
}

export function historiesSuite(open: OpenStores) {
  test('after any history of writes every answer is that of the model', async () => {
    const steps = fc.array(step, { minLength: 1, maxLength: 80, size: 'max' })
    const agrees = fc.asyncProperty(steps, async (history) => {
      await using stores = await open()
      for (const customerId of CUSTOMERS) await stores.apiKeys.keepCustomer(customerId, NOW)
      const model = new Model()
      for (const [i, step] of history.entries()) {
        const [answer, expected] = await both(stores.transactions, model, step, `step ${i}`)
        assert.equal(answer, expected, `step ${i}`)
      }
      await sameAnswers(stores.transactions, model)
    })
    await fc.assert(agrees, { numRuns: 15 * RUNS, interruptAfterTimeLimit: LONGEST_MS })
  })
}
