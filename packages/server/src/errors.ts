/**
 * Every error the server answers with. One row of the tables in `error-codes/` is one wire code: its
 * status, its title, what the reader of the answer should do. `docs/errors.md` and `GET /docs/errors` are
 * printed from them and a test fails when they differ.
 */
import { COMMON_ERRORS } from './error-codes/common.ts'
import { MACHINE_ERRORS } from './error-codes/machines.ts'
import type { ErrorRow } from './error-codes/row.ts'
import { SIGNING_KEY_ERRORS } from './error-codes/signing-keys.ts'
import { TRANSACTION_ERRORS } from './error-codes/transactions.ts'
import { USER_ERRORS } from './error-codes/users.ts'

/** In order of status. */
export const ERRORS = byStatus({
  ...COMMON_ERRORS,
  ...TRANSACTION_ERRORS,
  ...USER_ERRORS,
  ...MACHINE_ERRORS,
  ...SIGNING_KEY_ERRORS,
})

function byStatus<Rows extends Readonly<Record<string, ErrorRow>>>(rows: Rows): Rows {
  const sorted = Object.entries(rows).sort(([, one], [, other]) => one.status - other.status)
  return Object.fromEntries(sorted) as Rows
}

export type ErrorCode = keyof typeof ERRORS

/** What the document that a route comes from says of the error; undefined where no document does. */
export const documentedMessage = (code: ErrorCode): string | undefined =>
  (ERRORS[code] as ErrorRow).message

/** Header fields that come with the error. */
export function headersOf(code: ErrorCode): readonly string[] {
  const { status, headers = [] } = ERRORS[code] as ErrorRow
  return status === 401 ? ['WWW-Authenticate', ...headers] : headers
}

/** One bad member of a request: a JSON Pointer (RFC 6901) and what is wrong there. */
export interface FieldProblem {
  pointer: string
  detail: string
}

export class ServiceError extends Error {
  override readonly name = 'ServiceError'
  readonly code: ErrorCode
  readonly status: number
  /** A sentence for the caller about this one request. No token, secret or phone number. */
  readonly detail: string | undefined
  readonly fields: readonly FieldProblem[] | undefined
  /** Header fields of the answer, by lower-case name. */
  readonly headers: Readonly<Record<string, string>>

  constructor(
    code: ErrorCode,
    options: ErrorOptions & {
      detail?: string
      fields?: readonly FieldProblem[]
      headers?: Readonly<Record<string, string>>
    } = {},
  ) {
    super(ERRORS[code].title, 'cause' in options ? { cause: options.cause } : undefined)
    this.code = code
    this.status = ERRORS[code].status
    this.detail = options.detail
    this.fields = options.fields
    this.headers = options.headers ?? {}
  }
}

/** A database that cannot answer: the only thing that a store throws. Answered with 503. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable'
}
