/**
 * A TransactionStore as its interface reads, over two arrays: slow, and plain enough to be right. The
 * engines are compared with it on random histories.
 *
 * @module
 */
import {
  type HistoryEntry,
  RETRY_KEPT_MS,
  type Reissue,
  type Retry,
  type Transaction,
  type TransactionQuery,
  type WholeTransaction,
} from '../../../packages/server/src/flows/transaction/store.ts'

export class Model {
  kept: WholeTransaction[] = []
  retries: Retry[] = []

  #of(customerId: string, xid: string) {
    return this.kept.find((kept) => kept.customerId === customerId && kept.xid === xid)
  }

  #change(known: WholeTransaction, change: Partial<WholeTransaction>) {
    this.kept = this.kept.map((kept) => (kept === known ? { ...kept, ...change } : kept))
  }

  #isTaken({ caller, key, issuedAt }: Retry): boolean {
    const known = this.getRetry(caller, key)
    return known !== undefined && known.issuedAt >= issuedAt - RETRY_KEPT_MS
  }

  #keep(retry: Retry) {
    const { caller, key } = retry
    this.retries = this.retries.filter((known) => known.caller !== caller || known.key !== key)
    this.retries.push(retry)
  }

  insert(transaction: Transaction, retry?: Retry): boolean {
    const { customerId, xid } = transaction
    if (this.#of(customerId, xid) !== undefined) return false
    if (retry !== undefined && this.#isTaken(retry)) return false
    this.kept.push({ ...transaction, history: [] })
    if (retry !== undefined) this.#keep(retry)
    return true
  }

  reissue({ entry, ...issue }: Reissue, retry?: Retry): boolean {
    const known = this.#of(issue.customerId, issue.xid)
    if (known === undefined || known.phoneNumber !== issue.phoneNumber) return false
    if (known.status !== 'issued' && known.status !== 'presented') return false
    if (retry !== undefined && this.#isTaken(retry)) return false
    const history = [...known.history, entry]
    this.#change(known, { ...issue, updatedAt: issue.issuedAt, history })
    if (retry !== undefined) this.#keep(retry)
    return true
  }

  advance(customerId: string, xid: string, from: readonly string[], to: HistoryEntry): boolean {
    const known = this.#of(customerId, xid)
    if (known === undefined || !from.includes(known.status)) return false
    const history = [...known.history, to]
    this.#change(known, { status: to.status, updatedAt: to.at, history })
    return true
  }

  get = (customerId: string, xid: string) => this.#of(customerId, xid)

  getRetry = (caller: string, key: string) =>
    this.retries.find((retry) => retry.caller === caller && retry.key === key)

  list(query: TransactionQuery): Transaction[] {
    const { customerId, phoneNumber, status, from, to, after, limit } = query
    let found = this.kept.filter((kept) => kept.customerId === customerId)
    if (phoneNumber !== undefined) found = found.filter((kept) => kept.phoneNumber === phoneNumber)
    if (status !== undefined) found = found.filter((kept) => kept.status === status)
    if (from !== undefined) found = found.filter((kept) => kept.issuedAt >= from)
    if (to !== undefined) found = found.filter((kept) => kept.issuedAt < to)
    found.sort(newestFirst)
    if (after !== undefined) found = found.filter((kept) => newestFirst(after, kept) < 0)
    return found.slice(0, limit).map(withoutHistory)
  }

  /** Which of several old ones go first is free, so all of them must go: `limit` is not looked at. */
  purge(before: number, retriesBefore: number): number {
    const all = this.kept.length
    this.kept = this.kept.filter((kept) => kept.issuedAt >= before)
    this.retries = this.retries.filter((retry) => retry.issuedAt >= retriesBefore)
    return all - this.kept.length
  }
}

type Position = Pick<Transaction, 'issuedAt' | 'xid'>

/** xids are ASCII: the order of code units is the binary one. */
const newestFirst = (a: Position, b: Position): number =>
  b.issuedAt - a.issuedAt || Number(a.xid < b.xid) - Number(a.xid > b.xid)

const withoutHistory = ({ history: _, ...transaction }: WholeTransaction): Transaction =>
  transaction
