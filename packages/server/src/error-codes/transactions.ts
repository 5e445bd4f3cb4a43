/** What is said to who asks for transaction tokens. */
import type { ErrorRow } from './row.ts'

export const TRANSACTION_ERRORS = {
  phone_number_invalid: {
    status: 400,
    title: 'The phone number is not valid',
    help: 'Send E.164: 7 to 15 digits, the first not 0, with or without a leading +.',
  },
  xid_invalid: {
    status: 400,
    title: 'The xid is not valid',
    help: 'Send 1 to 100 characters of A-Z a-z 0-9 . _ ~ - (not `.` or `..` alone), or leave it out.',
  },
  idempotency_key_invalid: {
    status: 400,
    title: 'The Idempotency-Key is not valid',
    help: 'Send 1 to 255 printable ASCII characters without spaces.',
  },
  prefetch_refused: {
    status: 403,
    title: 'A prefetch never mints a token and never ends a session',
    help: 'Do not link to this route from a page that browsers may prefetch.',
  },
  host_refused: {
    status: 403,
    title: 'This service is not known by that name',
    help: 'Ask for localhost or 127.0.0.1, set ISSUER to the public address, or send an API key.',
  },
  cross_site_refused: {
    status: 403,
    title: 'A page of another site may not mint a token',
    help: 'Name its origin in CORS_ORIGINS, or send an API key.',
  },
  transaction_not_found: {
    status: 404,
    title: 'No such transaction',
    help: 'The xid is unknown to this customer, or older than RETENTION_DAYS.',
  },
  xid_conflict: {
    status: 409,
    title: 'The xid belongs to another phone number',
    help: 'Use a new xid for a new transaction.',
  },
  transaction_closed: {
    status: 409,
    title: 'The transaction is closed',
    help: 'It was completed, failed or revoked. Use a new xid.',
  },
  idempotency_mismatch: {
    status: 422,
    title: 'The Idempotency-Key was used with another body',
    help: 'Use a new Idempotency-Key for a new request.',
  },
  flow_not_configured: {
    status: 503,
    title: 'This flow is not configured',
    help: 'The operator sets TELESIGN_CUSTOMER_ID and TELESIGN_API_KEY.',
  },
} as const satisfies Record<string, ErrorRow>
