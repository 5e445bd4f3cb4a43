/** How transactions look in answers: snake_case members, RFC 3339 times. */
import { timeText } from '../../http.ts'
import { type Page, pageAnswer } from '../../paging.ts'
import { encodeCursor } from './cursor.ts'
import type { Issued, ListedStatus } from './service.ts'
import type { HistoryEntry, Transaction, WholeTransaction } from './store.ts'

export const issueAnswer = ({ token, xid, phoneNumber, issuedAt, expiresAt }: Issued) => ({
  token,
  xid,
  phone_number: phoneNumber,
  issued_at: timeText(issuedAt),
  expires_at: timeText(expiresAt),
})

export const listedAnswer = (t: Transaction, status: ListedStatus) => ({
  xid: t.xid,
  customer_id: t.customerId,
  phone_number: t.phoneNumber,
  status,
  issued_at: timeText(t.issuedAt),
  expires_at: timeText(t.expiresAt),
  updated_at: timeText(t.updatedAt),
  reference_id: t.referenceId ?? null,
})

export const wholeAnswer = (t: WholeTransaction, status: ListedStatus) => ({
  ...listedAnswer(t, status),
  ...(t.token !== undefined && { token: t.token }),
  ...(t.tokenSha256 !== undefined && { token_sha256: t.tokenSha256 }),
  history: [firstOf(t), ...t.history].map((entry) => ({
    status: entry.status,
    at: timeText(entry.at),
    by: entry.by,
    detail: entry.detail ?? null,
  })),
})

/** What the row itself tells of the history: its beginning. */
const firstOf = ({ openedAt: at, openedBy: by }: Transaction): HistoryEntry => ({
  status: 'issued',
  at,
  by,
  detail: undefined,
})

export const transactionPageAnswer = (
  page: Page<Transaction>,
  statusOf: (transaction: Transaction) => ListedStatus,
) => pageAnswer(page, (t) => listedAnswer(t, statusOf(t)), encodeCursor)
