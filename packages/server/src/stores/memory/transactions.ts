import {
  type HistoryEntry,
  RETRY_KEPT_MS,
  type Retry,
  type Transaction,
  type TransactionStore,
} from '../../flows/transaction/store.ts'

interface Kept {
  transaction: Transaction
  history: HistoryEntry[]
}

/** Everything in this process, gone with it. For tests and a first look. */
export function memoryTransactions(): TransactionStore {
  const kept = new Map<string, Kept>()
  const retries = new Map<string, Retry>()

  // Neither half can hold a space.
  const idOf = (customerId: string, xid: string) => `${xid} ${customerId}`
  const retryId = (caller: string, key: string) => JSON.stringify([caller, key])
  const taken = (retry: Retry | undefined) => {
    if (retry === undefined) return false
    const known = retries.get(retryId(retry.caller, retry.key))
    return known !== undefined && known.issuedAt >= retry.issuedAt - RETRY_KEPT_MS
  }
  const keep = (retry: Retry | undefined) => {
    if (retry !== undefined) retries.set(retryId(retry.caller, retry.key), retry)
  }

  return {
    async insert(transaction, retry) {
      const id = idOf(transaction.customerId, transaction.xid)
      if (kept.has(id) || taken(retry)) return false
      kept.set(id, { transaction, history: [] })
      keep(retry)
      return true
    },

    async get(customerId, xid) {
      const known = kept.get(idOf(customerId, xid))
      return known && { ...known.transaction, history: [...known.history] }
    },

    async reissue({ customerId, xid, phoneNumber, entry, ...issue }, retry) {
      const known = kept.get(idOf(customerId, xid))
      const { transaction } = known ?? {}
      if (known === undefined || transaction?.phoneNumber !== phoneNumber || taken(retry))
        return false
      if (transaction.status !== 'issued' && transaction.status !== 'presented') return false
      known.transaction = { ...transaction, ...issue, updatedAt: issue.issuedAt }
      known.history.push(entry)
      keep(retry)
      return true
    },

    async advance(customerId, xid, { from, to }) {
      const known = kept.get(idOf(customerId, xid))
      if (known === undefined || !from.includes(known.transaction.status)) return false
      known.transaction = { ...known.transaction, status: to.status, updatedAt: to.at }
      known.history.push(to)
      return true
    },

    async list({ customerId, phoneNumber, status, from = 0, to = Infinity, after, limit }) {
      return [...kept.values()]
        .map(({ transaction }) => transaction)
        .filter(
          (t) =>
            t.customerId === customerId &&
            (phoneNumber === undefined || t.phoneNumber === phoneNumber) &&
            (status === undefined || t.status === status) &&
            t.issuedAt >= from &&
            t.issuedAt < to &&
            (after === undefined || newestFirst(after, t) < 0),
        )
        .sort(newestFirst)
        .slice(0, limit)
    },

    getRetry: async (caller, key) => retries.get(retryId(caller, key)),

    async purge(before, retriesBefore, limit) {
      for (const [id, { issuedAt }] of retries) if (issuedAt < retriesBefore) retries.delete(id)
      let purged = 0
      for (const [id, { transaction }] of kept) {
        if (purged === limit) break
        if (transaction.issuedAt >= before) continue
        kept.delete(id)
        purged += 1
      }
      return purged
    },
  }
}

type Position = Pick<Transaction, 'issuedAt' | 'xid'>

/** Binary order of the xid, as in a database with binary collation. */
const newestFirst = (a: Position, b: Position): number =>
  b.issuedAt - a.issuedAt || (a.xid < b.xid ? 1 : a.xid > b.xid ? -1 : 0)
