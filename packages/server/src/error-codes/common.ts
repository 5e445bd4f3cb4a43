/** What any route may answer, and what is said of API keys. */
import type { ErrorRow } from './row.ts'

export const COMMON_ERRORS = {
  invalid_request: {
    status: 400,
    title: 'The request is malformed',
    message: 'Invalid payload.',
    help: 'Read `errors[]`: each entry points at one member and says what is wrong with it.',
  },
  authentication_required: {
    status: 401,
    title: 'This route needs an API key',
    help: 'Send `Authorization: Bearer jot_...`; `jotter api-keys create` makes a key.',
  },
  api_key_invalid: {
    status: 401,
    title: 'The API key is not valid',
    help: 'The key is unknown, was deleted or has expired. Make another one.',
  },
  insufficient_scope: {
    status: 403,
    title: 'The API key lacks the scope for this route',
    help: 'Use a key with the scope that `detail` names.',
    headers: ['WWW-Authenticate'],
  },
  not_found: {
    status: 404,
    title: 'There is nothing at this address',
    help: 'Compare the path with `GET /openapi.json`.',
  },
  api_key_not_found: {
    status: 404,
    title: 'No such API key',
    help: 'List the keys with `GET /v1/api-keys`.',
  },
  customer_not_found: {
    status: 404,
    title: 'No such customer',
    help: 'Leave `customer_id` out to use the customer of this service.',
  },
  method_not_allowed: {
    status: 405,
    title: 'The method is not allowed here',
    help: 'Use one of the methods in the `Allow` header.',
    headers: ['Allow'],
  },
  request_timeout: {
    status: 408,
    title: 'The request did not arrive in time',
    help: 'Send the whole request within 10 seconds.',
  },
  payload_too_large: {
    status: 413,
    title: 'The body is too large',
    help: 'Send at most 16 KiB.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'The content type is not supported',
    help: 'Send `Content-Type: application/json` in UTF-8, not compressed.',
  },
  rate_limited: {
    status: 429,
    title: 'Too many requests',
    help: 'Wait for the seconds in `Retry-After`.',
    headers: ['Retry-After', 'RateLimit', 'RateLimit-Policy'],
  },
  headers_too_large: {
    status: 431,
    title: 'The request headers are too large',
    help: 'Send at most 100 header fields and 16 KiB of them.',
  },
  internal_error: {
    status: 500,
    title: 'The request could not be completed',
    help: 'This is a defect. Report it with the `request_id`.',
  },
  store_unavailable: {
    status: 503,
    title: 'The store cannot answer now',
    help: 'Try again after the seconds in `Retry-After`, with the same xid: the request may have been kept.',
    headers: ['Retry-After'],
  },
} as const satisfies Record<string, ErrorRow>
