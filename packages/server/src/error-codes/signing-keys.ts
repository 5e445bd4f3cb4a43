/** What is said of signing keys. */
import type { ErrorRow } from './row.ts'

export const SIGNING_KEY_ERRORS = {
  key_not_found: {
    status: 404,
    title: 'No such signing key',
    help: 'List the keys with `GET /v1/keys`.',
  },
  key_in_use: {
    status: 409,
    title: 'The signing key is still in use',
    help: 'Rotate, and wait until its last token has expired. In an emergency: `POST /v1/keys/{kid}/retire` with `emergency`.',
  },
  key_not_ready: {
    status: 409,
    title: 'The signing key may not sign yet',
    help: 'Wait until everybody can know its public half: `promote_at` says when.',
  },
  key_conflict: {
    status: 409,
    title: 'Another signing key is in the way',
    help: 'List the keys with `GET /v1/keys`: one of each algorithm waits, one signs.',
  },
  key_damaged: {
    status: 409,
    title: 'The signing key was changed in the database',
    help: 'Find out who writes there. A key that waits can be retired at once.',
  },
} as const satisfies Record<string, ErrorRow>
