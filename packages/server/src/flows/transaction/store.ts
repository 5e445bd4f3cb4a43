/**
 * What the transaction flow asks of a database. Absence is `undefined`, a lost race is `false`;
 * only a database that cannot answer throws (`StoreUnavailable`). Every write is durable when its
 * promise fulfils, and every write is all or nothing.
 */
export interface TransactionStore {
  /**
   * Keeps `transaction` unless its xid (or the key of `retry`) is taken. False when it was. A key is
   * taken for RETRY_KEPT_MS from its last use; a later use takes the place of that.
   *
   * @param isNew Whether nobody else can have the xid, since it was made here. Should it be taken all the
   *   same, nothing is kept: false, or `StoreUnavailable`.
   */
  insert(transaction: Transaction, retry?: Retry, isNew?: boolean): Promise<boolean>
  /** The transaction and its history as of one moment, whoever changes them meanwhile. */
  get(customerId: string, xid: string): Promise<WholeTransaction | undefined>
  /**
   * Gives an open transaction of the same phone number its next token and adds `issue.entry` to the
   * history. False when there is no such open transaction, or when the key of `retry` is taken.
   */
  reissue(issue: Reissue, retry?: Retry): Promise<boolean>
  /** Moves a transaction from one of `change.from`. True for exactly one of racing callers. */
  advance(customerId: string, xid: string, change: Change): Promise<boolean>
  /** Newest first by (issuedAt, xid), at most `query.limit`. */
  list(query: TransactionQuery): Promise<Transaction[]>
  /** What an Idempotency-Key stood for at its last use, until that is purged. */
  getRetry(caller: string, key: string): Promise<Retry | undefined>
  /**
   * Drops every retry issued before `retriesBefore`, and up to `limit` transactions issued before
   * `before`, with their history. Returns how many transactions; fewer than `limit` means that none
   * is left.
   */
  purge(before: number, retriesBefore: number, limit: number): Promise<number>
}

/** Statuses that are stored; `expired` is derived from `issued` and the time. */
export const STORED_STATUSES = ['issued', 'presented', 'completed', 'failed', 'revoked'] as const
export type StoredStatus = (typeof STORED_STATUSES)[number]

/** All times are epoch milliseconds. */
export interface Transaction {
  readonly customerId: string
  readonly xid: string
  /** Digits only. */
  readonly phoneNumber: string
  readonly status: StoredStatus
  /** The latest token; undefined where only its digest is kept. */
  readonly token: string | undefined
  /** SHA-256 of the latest token, hex; undefined where the token itself is kept. */
  readonly tokenSha256: string | undefined
  /** When the latest token was issued. */
  readonly issuedAt: number
  /** When the latest token expires. */
  readonly expiresAt: number
  readonly updatedAt: number
  readonly referenceId: string | undefined
  /** When and by whom the first token was issued: the first entry of the history. */
  readonly openedAt: number
  readonly openedBy: string
}

export interface WholeTransaction extends Transaction {
  /** The changes after the first issue, oldest first. */
  readonly history: readonly HistoryEntry[]
}

export interface HistoryEntry {
  readonly status: StoredStatus
  readonly at: number
  /** The id of an API key, `open` for a caller without one, `cli` for the command line. */
  readonly by: string
  readonly detail: string | undefined
}

export interface Reissue {
  readonly customerId: string
  readonly xid: string
  readonly phoneNumber: string
  readonly token: string | undefined
  readonly tokenSha256: string | undefined
  readonly issuedAt: number
  readonly expiresAt: number
  readonly entry: HistoryEntry
}

export interface Change {
  readonly from: readonly StoredStatus[]
  readonly to: HistoryEntry
}

/** How long an Idempotency-Key stands for what it was used for. */
export const RETRY_KEPT_MS = 86_400_000

/** What an Idempotency-Key was used for. The token is made again from it: nothing secret is kept. */
export interface Retry {
  readonly caller: string
  readonly key: string
  /** SHA-256 of the request's body, hex. */
  readonly bodySha256: string
  readonly customerId: string
  readonly xid: string
  readonly phoneNumber: string
  readonly issuedAt: number
}

export interface TransactionQuery {
  readonly customerId: string
  readonly phoneNumber?: string | undefined
  readonly status?: StoredStatus | undefined
  /** `issuedAt` is at or after this. */
  readonly from?: number | undefined
  /** `issuedAt` is before this. */
  readonly to?: number | undefined
  /** Only what comes after this one in the list's order. */
  readonly after?: { readonly issuedAt: number; readonly xid: string } | undefined
  readonly limit: number
}
