import assert from 'node:assert/strict'
import type {
  HistoryEntry,
  Reissue,
  Retry,
  StoredStatus,
  Transaction,
  TransactionQuery,
  TransactionStore,
} from '../../../packages/server/src/flows/transaction/store.ts'

export const NOW = 1_800_000_000_000
/** The last time that a Date can hold. */
export const LAST_TIME = 8_640_000_000_000_000

/** The statuses of which a transaction can be issued again, or revoked. */
export const OPEN: readonly StoredStatus[] = ['issued', 'presented']

export const HUNDRED = Array.from({ length: 100 }, (_, i) => i)

export const order: Transaction = {
  customerId: 'customer',
  xid: 'order-1',
  phoneNumber: '15555551212',
  status: 'issued',
  token: 'eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.e30.signature',
  tokenSha256: undefined,
  issuedAt: NOW,
  expiresAt: NOW + 80_000,
  updatedAt: NOW,
  referenceId: undefined,
  openedAt: NOW,
  openedBy: 'open',
}

export const retry: Retry = {
  caller: 'caller',
  key: 'key',
  bodySha256: 'ab'.repeat(32),
  customerId: order.customerId,
  xid: order.xid,
  phoneNumber: order.phoneNumber,
  issuedAt: NOW,
}

/** The next token of `order`. */
export const next: Reissue = {
  customerId: order.customerId,
  xid: order.xid,
  phoneNumber: order.phoneNumber,
  token: 'the next token',
  tokenSha256: undefined,
  issuedAt: NOW + 5_000,
  expiresAt: NOW + 85_000,
  entry: { status: 'issued', at: NOW + 5_000, by: 'caller', detail: 'issued again' },
}

export const entryOf = (status: StoredStatus, at = NOW + 1): HistoryEntry => ({
  status,
  at,
  by: 'caller',
  detail: undefined,
})

/** How many were told that it was them. */
export const wins = (answers: readonly boolean[]) => answers.filter(Boolean).length

/** A transaction without its history. */
export async function rowOf(store: TransactionStore, xid: string) {
  const whole = await store.get(order.customerId, xid)
  if (whole === undefined) return undefined
  const { history, ...transaction } = whole
  return transaction
}

export async function historyOf(store: TransactionStore, xid: string) {
  return (await store.get(order.customerId, xid))?.history ?? []
}

export async function insertAll(store: TransactionStore, all: readonly Transaction[]) {
  const kept = await Promise.all(all.map((transaction) => store.insert(transaction)))
  assert.equal(wins(kept), all.length)
}

export async function xidsOf(store: TransactionStore, query: Partial<TransactionQuery> = {}) {
  const found = await store.list({ customerId: order.customerId, limit: 1000, ...query })
  return found.map(({ xid }) => xid)
}
