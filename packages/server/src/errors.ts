/**
 * Every error the server answers with. One row is one wire code: its status, its title, what the
 * reader of the answer should do; `message` is what the document that a route comes from says instead
 * of the title, character by character (see `error-shapes.ts`). `docs/errors.md` and `GET /docs/errors` are printed from this
 * table and a test fails when they differ.
 */
export const ERRORS = {
  invalid_request: {
    status: 400,
    title: 'The request is malformed',
    message: 'Invalid payload.',
    help: 'Read `errors[]`: each entry points at one member and says what is wrong with it.',
  },
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
  client_id_invalid: {
    status: 400,
    title: 'The client id is not valid',
    help: 'Send 1 to 128 characters of A-Z a-z 0-9 . _ ~ : @ - that begin with a letter or a digit, but no UUID of version 7: the ids of users are.',
  },
  public_key_invalid: {
    status: 400,
    title: 'The public key cannot be used',
    help: 'Send SPKI PEM, a JWK or a JWK Set of RSA keys from 2048 bits on, P-256, P-384, P-521, Ed25519 or ML-DSA. `errors[]` says what is wrong.',
  },
  private_key_refused: {
    status: 400,
    title: 'A private key was sent',
    help: 'Send its public half, as `openssl pkey -in KEY -pubout` prints it. The private one has left its place: better make a new pair.',
  },
  user_exists: {
    status: 400,
    title: 'The user name or the e-mail address has an account',
    message: 'Sorry. That user already exists.',
    help: 'Log in, or register with another name and address.',
  },
  request_token_malformed: {
    status: 400,
    title: 'The body is not a JWT',
    help: 'Send the request token itself, with nothing around it: no JSON, no form, no white space.',
  },
  identity_unknown: {
    status: 401,
    title: 'Nobody is known by that name',
    help: 'Compare `iss` of the request token with the id of the client. A client that is disabled is unknown too.',
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
  credentials_invalid: {
    status: 401,
    title: 'Bad username or password',
    help: 'There is no such user, the password is another, or the user was disabled: nobody is told which.',
  },
  token_required: {
    status: 401,
    title: 'This route needs the token of a user',
    message: 'Provide a valid auth token.',
    help: 'Send `Authorization: Bearer` and the `auth_token` of a login.',
  },
  token_expired: {
    status: 401,
    title: 'The token has expired',
    message: 'Signature expired. Please log in again.',
    help: 'Ask `POST /token/refresh` for the next one, or log in.',
  },
  token_invalid: {
    status: 401,
    title: 'The token is not valid',
    message: 'Invalid token. Please log in again.',
    help: 'It is no access token of this service, or its session has ended. Log in.',
  },
  user_unavailable: {
    status: 401,
    title: 'The user of the token is gone or was disabled',
    message: 'Something went wrong. Please contact us.',
    help: 'Only the operator can change that.',
  },
  refresh_token_invalid: {
    status: 401,
    title: 'The refresh token is not valid',
    help: 'It is none of this service, or its session has ended. Log in.',
  },
  refresh_token_reused: {
    status: 401,
    title: 'The refresh token was used before, so its session has ended',
    help: 'Somebody else may hold a copy of it. Log in; where that surprises the user, change the password.',
  },
  insufficient_scope: {
    status: 403,
    title: 'The API key lacks the scope for this route',
    help: 'Use a key with the scope that `detail` names.',
  },
  current_password_wrong: {
    status: 403,
    title: 'The current password is another',
    help: 'Ask the user again. The token is still good.',
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
  request_token_refused: {
    status: 403,
    title: 'The request token is refused',
    help: 'The answer says why. Strict clients send `iss`, `sub`, `aud`, `exp` and `jti` as RFC 7523 has them, with `aud` the ISSUER of this service.',
  },
  request_token_used: {
    status: 403,
    title: 'The request token was used before',
    help: 'Sign another one, with another `jti`, for each login.',
  },
  use_token_not_yet_valid: {
    status: 403,
    title: 'The token is not yet valid (nbf)',
    help: 'Wait until its `nbf`.',
  },
  use_token_expired: {
    status: 403,
    title: 'Signature has expired',
    help: 'Log in again for another one.',
  },
  use_token_refused: {
    status: 403,
    title: 'The use token is refused',
    help: 'The answer says why. Send a use token of this service itself, with nothing around it.',
  },
  use_token_revoked: {
    status: 403,
    title: 'The token has been revoked',
    help: 'It was revoked, or its client was disabled or removed.',
  },
  use_token_spent: {
    status: 403,
    title: 'The token was used as often as it may be',
    help: 'Log in again for another one. How often is `max_uses` of the client.',
  },
  not_found: {
    status: 404,
    title: 'There is nothing at this address',
    help: 'Compare the path with `GET /openapi.json`.',
  },
  transaction_not_found: {
    status: 404,
    title: 'No such transaction',
    help: 'The xid is unknown to this customer, or older than RETENTION_DAYS.',
  },
  api_key_not_found: {
    status: 404,
    title: 'No such API key',
    help: 'List the keys with `GET /v1/api-keys`.',
  },
  user_not_found: {
    status: 404,
    title: 'No such user',
    help: 'List the users with `GET /v1/users`; `?username=` and `?email=` find one.',
  },
  customer_not_found: {
    status: 404,
    title: 'No such customer',
    help: 'Leave `customer_id` out to use the customer of this service.',
  },
  client_not_found: {
    status: 404,
    title: 'No such client',
    help: 'List the clients of this customer with `GET /v1/clients`. For others, a client that is disabled is none.',
  },
  client_key_not_found: {
    status: 404,
    title: 'The client has no such key',
    help: 'List its keys with `GET /v1/clients/{id}/keys`.',
  },
  method_not_allowed: {
    status: 405,
    title: 'The method is not allowed here',
    help: 'Use one of the methods in the `Allow` header.',
  },
  request_timeout: {
    status: 408,
    title: 'The request did not arrive in time',
    help: 'Send the whole request within 10 seconds.',
  },
  user_taken: {
    status: 409,
    title: 'The user name or the e-mail address belongs to another user',
    help: 'Choose others. `GET /v1/users?username=` and `?email=` find who has them.',
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
  client_exists: {
    status: 409,
    title: 'There is a client with this id',
    help: 'Choose another id: it may be taken by another customer. `PATCH /v1/clients/{id}` changes your own.',
  },
  client_key_exists: {
    status: 409,
    title: 'The client has this key, or another one of this kid',
    help: 'Delete the key that is there, or give the new one another `kid`.',
  },
  too_many_client_keys: {
    status: 409,
    title: 'The client has as many keys as it may have',
    help: 'Delete a key that is no longer used: a client has at most 10.',
  },
  last_client_key: {
    status: 409,
    title: 'The last key of a client cannot be deleted',
    help: 'Add its successor first, disable the client, or delete it.',
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
  idempotency_mismatch: {
    status: 422,
    title: 'The Idempotency-Key was used with another body',
    help: 'Use a new Idempotency-Key for a new request.',
  },
  rate_limited: {
    status: 429,
    title: 'Too many requests',
    help: 'Wait for the seconds in `Retry-After`.',
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
  flow_not_configured: {
    status: 503,
    title: 'This flow is not configured',
    help: 'The operator sets TELESIGN_CUSTOMER_ID and TELESIGN_API_KEY.',
  },
  busy: {
    status: 503,
    title: 'Too many passwords are being checked',
    help: 'Try again after the seconds in `Retry-After`.',
  },
  key_server_unavailable: {
    status: 503,
    title: 'The key server cannot answer now',
    help: 'Try again after the seconds in `Retry-After`. The operator compares KEYSERVER_URL with the log.',
  },
  revocations_stale: {
    status: 503,
    title: 'What was revoked meanwhile is not known now',
    help: 'Try again after the seconds in `Retry-After`: the database has not answered for REVOCATION_MAX_AGE_SECONDS.',
  },
  store_unavailable: {
    status: 503,
    title: 'The store cannot answer now',
    help: 'Try again after the seconds in `Retry-After`, with the same xid: the request may have been kept.',
  },
} as const satisfies Record<string, ErrorRow>

interface ErrorRow {
  readonly status: number
  readonly title: string
  readonly message?: string
  readonly help: string
}

export type ErrorCode = keyof typeof ERRORS

/** What the document that a route comes from says of the error; undefined where no document does. */
export const documentedMessage = (code: ErrorCode): string | undefined =>
  (ERRORS[code] as ErrorRow).message

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
