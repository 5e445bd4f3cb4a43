/**
 * Every setting: how it is read, its default, what it does. `docs/configuration.md` is printed from
 * this table and a test fails when they differ. Knows nothing of where the texts come from; see
 * `settings-sources.ts`.
 */

import type { Kind } from './settings-kinds.ts'
import * as kinds from './settings-kinds.ts'
import { TOKEN_SETTINGS } from './settings-tokens.ts'

export type Environment = 'development' | 'testing' | 'production'

export interface Setting {
  readonly kind: Kind<unknown>
  /** The text that stands when none is given; by profile where they differ. */
  readonly default?: string | Readonly<Record<Environment, string>>
  /** The text that stands instead of the default when the setting `by` is given. */
  readonly implied?: { readonly by: string; readonly text: string }
  readonly about: string
  /** Also read without the prefix JOTTER_, because the documents or platforms name it so. */
  readonly bare?: true
  /** Never shown. */
  readonly secret?: true
}

export const SETTINGS = {
  ENV: {
    kind: kinds.oneOf('development', 'testing', 'production'),
    default: 'development',
    about: 'The profile. It decides the defaults below and how much is refused.',
  },
  HOST: {
    kind: kinds.text,
    default: '127.0.0.1',
    about: 'The address to listen on; `localhost` is 127.0.0.1.',
    bare: true,
  },
  PORT: {
    kind: kinds.integer(0, 65_535),
    default: '7519',
    about: 'The port to listen on; 0 takes a free one.',
    bare: true,
  },
  DATA: {
    kind: kinds.text,
    default: './data',
    about: 'The folder of the database file and of generated keys, made with mode 0700.',
  },
  DATABASE_URL: {
    kind: kinds.databaseUrl,
    about: 'Where everything is kept. Default: `sqlite:DATA/jotter.db`.',
    bare: true,
  },
  DATABASE_TEST_URL: {
    kind: kinds.databaseUrl,
    about: 'Takes the place of DATABASE_URL in the testing profile.',
    bare: true,
  },
  DATABASE_POOL: {
    kind: kinds.integer(4, 1_000),
    default: '10',
    about:
      'Connections to PostgreSQL, of each process. Two of them write, the others read and count rate limits, so that four are the least; one more listens. SQLite has no use for it.',
  },
  DATABASE_TIMEOUT_MS: {
    kind: kinds.integer(100, 60_000),
    default: '1500',
    about:
      'Milliseconds after which a request that waits for PostgreSQL is answered 503: for a connection, a lock, an answer.',
  },
  ISSUER: {
    kind: kinds.url,
    about:
      'The public address of this service: `iss` of user tokens, the server in the OpenAPI document, and a name that callers without an API key may ask for. Default for `iss`: the address it listens on.',
  },
  ADMIN_KEY: {
    kind: kinds.secretText(32),
    about:
      'An API key with scope `admin`. In development without it, the first start makes one and prints it once.',
    secret: true,
  },
  AUDIENCE: {
    kind: kinds.audience,
    about: '`aud` of user tokens: the service that they are meant for. Default: as ISSUER.',
  },
  SECRET_KEY: {
    kind: kinds.text,
    about:
      'The secret that user tokens are signed with, as HS256, and that whoever verifies them needs too. Without it they are signed with a key pair. Production starts only with this or MASTER_KEY.',
    bare: true,
    secret: true,
  },
  MASTER_KEY: {
    kind: kinds.text,
    about:
      'The secret that private keys in the database are encrypted under, and that refresh tokens are made with. Without it the first start makes one and keeps it in DATA. All nodes of one database have the same, and need it.',
    secret: true,
  },
  KEYSERVER_URL: {
    kind: kinds.url,
    about:
      'The key server that is asked for the public keys of machines, as `http://localhost:5010/getkey`: `?identity=NAME` is added. Default: our own clients.',
    bare: true,
  },
  ...TOKEN_SETTINGS,
  PASSWORD_HASH: {
    kind: kinds.oneOf('argon2id', 'bcrypt'),
    default: 'argon2id',
    implied: { by: 'BCRYPT_LOG_ROUNDS', text: 'bcrypt' },
    about:
      'How new passwords are hashed. Hashes of the other kind still verify, and are replaced when their user logs in.',
  },
  BCRYPT_LOG_ROUNDS: {
    // One more doubles the time: 13 is some 0.6 s of a core, 16 is 5 s.
    kind: kinds.integer(4, 16),
    default: { development: '4', testing: '4', production: '13' },
    about: 'The cost of bcrypt, as the power of two of its rounds.',
    bare: true,
  },
  PASSWORD_MIN_LENGTH: {
    kind: kinds.integer(1, 128),
    default: { development: '4', testing: '4', production: '8' },
    about: 'The fewest characters that a new password may have.',
  },
  TLS_CERT: {
    kind: kinds.path,
    about:
      'The file of the certificate, in PEM, with the chain behind it. With it and TLS_KEY the service speaks HTTPS only.',
  },
  TLS_KEY: {
    kind: kinds.path,
    about:
      'The file of the private key, in PEM without a passphrase. One that every user of the machine may read is refused.',
  },
  TLS_MIN_VERSION: {
    kind: kinds.oneOf('1.1', '1.2', '1.3'),
    default: '1.2',
    about:
      'The oldest TLS that is spoken. 1.1 is for clients that know nothing newer: it is obsolete (RFC 8996).',
  },
  ALLOW_OPEN: {
    kind: kinds.boolean,
    default: 'false',
    about:
      'Lets the development profile, where issuing is open, listen beyond loopback. Elsewhere that is a warning, which this silences.',
  },
  TRUST_PROXY: {
    kind: kinds.networks,
    default: '',
    about: 'The proxies whose X-Forwarded-For is believed. Empty: nobody is.',
  },
  CORS_ORIGINS: {
    kind: kinds.origins,
    default: '',
    about: 'The origins whose pages may call from a browser. Empty: none.',
  },
  TELESIGN_CUSTOMER_ID: {
    kind: kinds.text,
    about:
      '`iss` of transaction tokens. Outside production the first start makes one and keeps it in DATA.',
    bare: true,
  },
  TELESIGN_API_KEY: {
    kind: kinds.base64,
    about:
      'The key of transaction tokens, as TeleSign gives it. Outside production the first start makes one and keeps it in DATA.',
    bare: true,
    secret: true,
  },
  ISSUE_ACCESS: {
    kind: kinds.oneOf('open', 'key'),
    default: { development: 'open', testing: 'open', production: 'key' },
    about: 'Who may ask for transaction tokens: anybody, or callers with an API key.',
  },
  RATE_LIMIT: {
    kind: kinds.rate,
    default: '1/second',
    about: 'Requests for tokens from one address (IPv6: one /64) without an API key.',
  },
  RATE_LIMIT_KEY: {
    kind: kinds.rate,
    default: '1000/second',
    about:
      'Requests for tokens with one API key; logins of one machine, with the uses of its tokens where they are counted.',
  },
  RATE_LIMIT_PHONE: {
    kind: kinds.rate,
    default: '10/minute',
    about: 'Tokens for one phone number, whoever asks.',
  },
  RATE_LIMIT_WRONG_KEY: {
    kind: kinds.rate,
    default: '60/minute',
    about:
      'Wrong API keys, and as many refused logins of machines, from one address. Then only keys and machines that this process has accepted before are looked at.',
  },
  RATE_LIMIT_REGISTER: {
    kind: kinds.rate,
    default: '30/minute',
    about: 'Registrations from one address, also those that are refused.',
  },
  STORE_TOKENS: {
    kind: kinds.oneOf('full', 'digest'),
    default: 'full',
    about: 'What is kept of a transaction token: its text, or only its SHA-256.',
  },
  RETENTION_DAYS: {
    kind: kinds.integer(1, 36_500),
    default: '90',
    about: 'Days after which a transaction is dropped.',
  },
  LOG_REQUESTS: {
    kind: kinds.oneOf('errors', 'all', 'off'),
    default: 'errors',
    about: 'Which requests are logged: refused and failed ones, all, or none.',
  },
  LOG_LEVEL: {
    kind: kinds.oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace'),
    default: 'info',
    about: 'The least serious messages that are logged.',
    bare: true,
  },
} as const satisfies Record<string, Setting>

export type SettingName = keyof typeof SETTINGS

type Value<Row> = Row extends { kind: Kind<infer T> }
  ? Row extends { default: unknown }
    ? T
    : T | undefined
  : never

/** Every setting by its name; a setting without a default may be undefined. */
export type Settings = { readonly [Name in SettingName]: Value<(typeof SETTINGS)[Name]> }
