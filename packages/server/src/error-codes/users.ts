/** What is said to people who log in, of their tokens and accounts. */
import type { ErrorRow } from './row.ts'

export const USER_ERRORS = {
  user_exists: {
    status: 400,
    title: 'The user name or the e-mail address has an account',
    message: 'Sorry. That user already exists.',
    help: 'Log in, or register with another name and address.',
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
  current_password_wrong: {
    status: 403,
    title: 'The current password is another',
    help: 'Ask the user again. The token is still good.',
  },
  user_not_found: {
    status: 404,
    title: 'No such user',
    help: 'List the users with `GET /v1/users`; `?username=` and `?email=` find one.',
  },
  user_taken: {
    status: 409,
    title: 'The user name or the e-mail address belongs to another user',
    help: 'Choose others. `GET /v1/users?username=` and `?email=` find who has them.',
  },
  busy: {
    status: 503,
    title: 'Too many passwords are being checked',
    help: 'Try again after the seconds in `Retry-After`.',
    headers: ['Retry-After'],
  },
  revocations_stale: {
    status: 503,
    title: 'What was revoked meanwhile is not known now',
    help: 'Try again after the seconds in `Retry-After`: the database has not answered for REVOCATION_MAX_AGE_SECONDS.',
    headers: ['Retry-After'],
  },
} as const satisfies Record<string, ErrorRow>
