/** The settings of user tokens, use tokens and their keys: rows of the table in `settings.ts`. */
import type { Setting } from './settings.ts'
import * as kinds from './settings-kinds.ts'

/** Of `packages/token`, in the order in which a reader looks for them. */
export const KEY_PAIR_ALGS = [
  ...(['ES256', 'ES384', 'ES512', 'EdDSA', 'RS256', 'RS384', 'RS512'] as const),
  ...(['PS256', 'PS384', 'PS512', 'ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'] as const),
] as const

export const TOKEN_SETTINGS = {
  ACCESS_ALG: {
    kind: kinds.oneOf(...KEY_PAIR_ALGS, 'HS256', 'HS384', 'HS512'),
    default: 'ES256',
    implied: { by: 'SECRET_KEY', text: 'HS256' },
    about:
      'How user tokens are signed. HS256, HS384 and HS512 sign with SECRET_KEY, the others with a key pair.',
  },
  TOKEN_EXPIRATION_DAYS: {
    kind: kinds.integer(0, 3_650),
    default: { development: '30', testing: '0', production: '30' },
    about:
      'How long access tokens live that /auth gives, in days. TOKEN_EXPIRATION_SECONDS is added.',
    bare: true,
  },
  TOKEN_EXPIRATION_SECONDS: {
    kind: kinds.integer(0, 31_536_000),
    default: { development: '0', testing: '3', production: '0' },
    about:
      'How long access tokens live that /auth gives, in seconds. TOKEN_EXPIRATION_DAYS is added.',
    bare: true,
  },
  ACCESS_TOKEN_SECONDS: {
    kind: kinds.integer(1, 86_400),
    default: '900',
    about: 'How long access tokens live that /token gives, in seconds.',
  },
  REFRESH_GRACE_SECONDS: {
    kind: kinds.integer(0, 300),
    default: '10',
    about:
      'Seconds in which a refresh token may be used again, by a client that has lost the answer. Later that ends the session.',
  },
  REFRESH_TOKEN_DAYS: {
    kind: kinds.integer(1, 3_650),
    default: '30',
    about: 'Days that a session lasts which nobody refreshes.',
  },
  REVOCATION_MAX_AGE_SECONDS: {
    kind: kinds.integer(1, 3_600),
    default: '10',
    about:
      'How old what a node knows of revocations may be, in seconds. Older, while the database cannot be asked, it accepts no token.',
  },
  JWKS_MAX_AGE: {
    kind: kinds.integer(1, 86_400),
    default: '300',
    about:
      'How long others may keep the public keys before they ask again, in seconds. A new key is published for as long before it signs.',
  },
  KEY_ROTATION_DAYS: {
    kind: kinds.daysOrOff,
    default: '90',
    about:
      'Days after which another key pair signs user tokens, and use tokens. The one before verifies until its last token has expired. `off` or 0: only when somebody asks for it.',
  },
  MACHINE_ALG: {
    kind: kinds.oneOf(...KEY_PAIR_ALGS),
    default: 'RS256',
    about: 'How use tokens are signed, with a key pair that is made with the first of them.',
  },
  MACHINE_LEEWAY_SECONDS: {
    kind: kinds.integer(0, 60),
    default: '0',
    about:
      'How far the clocks of clients may be off, in seconds, when their request tokens are checked.',
  },
  GATE_LINES_FILE: {
    kind: kinds.path,
    about:
      'A text file in UTF-8: `POST /` answers with one of its lines. Default: lines of our own.',
  },
} as const satisfies Record<string, Setting>
