import type {
  HistoryEntry,
  Retry,
  StoredStatus,
  Transaction,
  TransactionQuery,
  TransactionStore,
} from '../../flows/transaction/store.ts'
import { RETRY_KEPT_MS, STORED_STATUSES } from '../../flows/transaction/store.ts'
import { NEW_KEY, type SqlDriver, type SqlRow, type SqlStep, type SqlValue } from './driver.ts'
import { phoneSegments, tidySegments } from './segments.ts'

const INSERT = `INSERT INTO transactions (customer_id, xid, phone_number, status, token,
    token_sha256, issued_at, expires_at, updated_at, reference_id, opened_at, opened_by, segment)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
  ON CONFLICT (customer_id, xid) DO NOTHING`
const INSERT_NEW = NEW_KEY + INSERT

// One statement reads from one snapshot: the row again with each change of it.
const GET = `SELECT t.*, h.status AS entry_status, h.at, h.changed_by, h.detail
  FROM transactions t LEFT JOIN transaction_history h USING (customer_id, xid)
  WHERE t.customer_id = ?1 AND t.xid = ?2 ORDER BY h.id`

const REISSUE = `UPDATE transactions SET token = ?4, token_sha256 = ?5, issued_at = ?6,
    expires_at = ?7, updated_at = ?6, segment = ?8
  WHERE customer_id = ?1 AND xid = ?2 AND phone_number = ?3 AND status IN ('issued', 'presented')`

// One statement, so that the database and not we decide who was first.
const advanceFrom = (statuses: readonly StoredStatus[]) =>
  `UPDATE transactions SET status = ?3, updated_at = ?4
  WHERE customer_id = ?1 AND xid = ?2 AND status IN (${statuses.map((_, i) => `?${i + 5}`)})`

const RECORD = `INSERT INTO transaction_history (customer_id, xid, status, at, changed_by, detail)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6)`

const KEEP_RETRY = `INSERT INTO retries (caller, key, body_sha256, customer_id, xid, phone_number,
    issued_at)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
  ON CONFLICT (caller, key) DO UPDATE SET body_sha256 = excluded.body_sha256,
    customer_id = excluded.customer_id, xid = excluded.xid, phone_number = excluded.phone_number,
    issued_at = excluded.issued_at
  WHERE retries.issued_at < excluded.issued_at - ${RETRY_KEPT_MS}`

const GET_RETRY = 'SELECT * FROM retries WHERE caller = ?1 AND key = ?2'

/** What a list asks of one row, whichever index finds it. */
const WANTED = `t.customer_id = ?1 AND t.issued_at >= ?2 AND t.issued_at <= ?3
  AND (t.issued_at < ?4 OR t.xid < ?5)`
const NEWEST_FIRST = 'ORDER BY issued_at DESC, xid DESC LIMIT ?6'

/** Each status is one range of one index; the newest of each are merged. */
const listOf = (statuses: readonly StoredStatus[]) =>
  `SELECT * FROM (${statuses
    .map(
      (status) => `SELECT * FROM (SELECT t.* FROM transactions t
      WHERE t.status = '${status}' AND ${WANTED} ${NEWEST_FIRST}) AS newest`,
    )
    .join(' UNION ALL ')}) AS merged ${NEWEST_FIRST}`

const LIST_ALL = listOf(STORED_STATUSES)
const LIST_BY_STATUS = Object.fromEntries(
  STORED_STATUSES.map((status) => [status, listOf([status])]),
) as Record<StoredStatus, string>

/** One look-up in each segment that may hold some of them, not one in all history. */
const LIST_BY_PHONE = `SELECT t.* FROM segments CROSS JOIN transactions t
  WHERE segments.begins_at <= ?3 AND t.segment = segments.begins_at AND t.phone_number = ?7
    AND ${WANTED} AND (CAST(?8 AS TEXT) IS NULL OR t.status = ?8)
  ${NEWEST_FIRST}`

/**
 * One range of the index by time for each customer and status; the history goes with its row. The age
 * stands twice: PostgreSQL looks again at a row that it had to wait for, but not into the subquery.
 */
const PURGE = `WITH RECURSIVE owners (id) AS (
    SELECT min(customer_id) FROM transactions
    UNION ALL
    SELECT (SELECT min(t.customer_id) FROM transactions t WHERE t.customer_id > owners.id)
    FROM owners WHERE owners.id IS NOT NULL)
  DELETE FROM transactions WHERE issued_at < ?1 AND (customer_id, xid) IN
  (SELECT t.customer_id, t.xid FROM owners CROSS JOIN transactions t
   WHERE t.customer_id = owners.id
     AND t.status IN (${STORED_STATUSES.map((status) => `'${status}'`)}) AND t.issued_at < ?1
   LIMIT ?2)`
const PURGE_RETRIES = `DELETE FROM retries WHERE issued_at < ?1 AND (caller, key) IN
  (SELECT caller, key FROM retries WHERE issued_at < ?1 ORDER BY issued_at LIMIT ?2)`

export function sqlTransactions(db: SqlDriver, segmentOf = phoneSegments(db)): TransactionStore {
  return {
    async insert(t, retry, isNew = false) {
      const segment = segmentOf(t.issuedAt)
      const step: SqlStep = [
        isNew ? INSERT_NEW : INSERT,
        t.customerId,
        t.xid,
        t.phoneNumber,
        t.status,
        t.token ?? null,
        t.tokenSha256 ?? null,
        t.issuedAt,
        t.expiresAt,
        t.updatedAt,
        t.referenceId ?? null,
        t.openedAt,
        t.openedBy,
        // Nearly always known, and then not worth a turn of the microtask queue.
        typeof segment === 'number' ? segment : await segment,
      ]
      return (await db.write(step, ...keepRetry(retry))) > 0
    },

    async get(customerId, xid) {
      const rows = await db.rows(GET, [customerId, xid])
      const changes = rows.filter((row) => row.entry_status !== null)
      return rows[0] && { ...toTransaction(rows[0]), history: changes.map(toEntry) }
    },

    async reissue(r, retry) {
      const step: SqlStep = [
        REISSUE,
        r.customerId,
        r.xid,
        r.phoneNumber,
        r.token ?? null,
        r.tokenSha256 ?? null,
        r.issuedAt,
        r.expiresAt,
        await segmentOf(r.issuedAt),
      ]
      return (await db.write(step, record(r, r.entry), ...keepRetry(retry))) > 0
    },

    async advance(customerId, xid, { from, to }) {
      if (from.length === 0) return false
      const step: SqlStep = [advanceFrom(from), customerId, xid, to.status, to.at, ...from]
      return (await db.write(step, record({ customerId, xid }, to))) > 0
    },

    async list(query) {
      const params = wanted(query)
      const { phoneNumber, status } = query
      const rows =
        phoneNumber !== undefined
          ? await db.rows(LIST_BY_PHONE, [...params, phoneNumber, status ?? null])
          : await db.rows(status === undefined ? LIST_ALL : LIST_BY_STATUS[status], params)
      return rows.map(toTransaction)
    },

    async getRetry(caller, key) {
      const [row] = await db.rows(GET_RETRY, [caller, key])
      return row && toRetry(row)
    },

    async purge(before, retriesBefore, limit) {
      while ((await db.write([PURGE_RETRIES, retriesBefore, limit])) === limit);
      const dropped = await db.write([PURGE, before, limit])
      // A segment too many costs a search, and the next run does it again.
      if (dropped < limit) await tidySegments(db, before).catch(() => {})
      return dropped
    },
  }
}

const record = ({ customerId, xid }: { customerId: string; xid: string }, entry: HistoryEntry) =>
  [RECORD, customerId, xid, entry.status, entry.at, entry.by, entry.detail ?? null] as const

const keepRetry = (retry: Retry | undefined): SqlStep[] =>
  retry === undefined
    ? []
    : [
        [
          KEEP_RETRY,
          retry.caller,
          retry.key,
          retry.bodySha256,
          retry.customerId,
          retry.xid,
          retry.phoneNumber,
          retry.issuedAt,
        ],
      ]

const LATEST = Number.MAX_SAFE_INTEGER

/** The upper bound is one number, so that the index is entered where the page begins. */
const wanted = ({ customerId, from, to = LATEST, after, limit }: TransactionQuery): SqlValue[] => [
  customerId,
  from ?? 0,
  Math.min(to - 1, after?.issuedAt ?? LATEST),
  after?.issuedAt ?? LATEST,
  after?.xid ?? '',
  limit,
]

const text = (value: SqlValue | undefined) => value as string
const optional = (value: SqlValue | undefined) => (value ?? undefined) as string | undefined

const toTransaction = (row: SqlRow): Transaction => ({
  customerId: text(row.customer_id),
  xid: text(row.xid),
  phoneNumber: text(row.phone_number),
  status: text(row.status) as StoredStatus,
  token: optional(row.token),
  tokenSha256: optional(row.token_sha256),
  issuedAt: Number(row.issued_at),
  expiresAt: Number(row.expires_at),
  updatedAt: Number(row.updated_at),
  referenceId: optional(row.reference_id),
  openedAt: Number(row.opened_at),
  openedBy: text(row.opened_by),
})

const toEntry = (row: SqlRow): HistoryEntry => ({
  status: text(row.entry_status) as StoredStatus,
  at: Number(row.at),
  by: text(row.changed_by),
  detail: optional(row.detail),
})

const toRetry = (row: SqlRow): Retry => ({
  caller: text(row.caller),
  key: text(row.key),
  bodySha256: text(row.body_sha256),
  customerId: text(row.customer_id),
  xid: text(row.xid),
  phoneNumber: text(row.phone_number),
  issuedAt: Number(row.issued_at),
})
