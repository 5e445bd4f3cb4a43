import { isIP } from 'node:net'
import { isPostgres, plainHostOf } from './postgres-url.ts'
import type { SettingName, Settings } from './settings.ts'
import { SECRET_RULES } from './settings-secrets.ts'

export interface Finding {
  setting: SettingName
  message: string
  /** Whether the service refuses to start. */
  fatal: boolean
}

/** What is said of TLS_MIN_VERSION, where TLS is spoken and where it is not. */
const OF_MIN_VERSION: Readonly<Partial<Record<string, string>>> = {
  '1.1': 'TLS 1.1 is obsolete and weak (RFC 8996): leave it out as soon as no client needs it',
}
const PLAIN: Readonly<Partial<Record<string, string>>> = {
  '1.1': 'means nothing without TLS_CERT and TLS_KEY',
  '1.3': 'means nothing without TLS_CERT and TLS_KEY',
}
/** The least that OWASP's Password Storage Cheat Sheet and NIST SP 800-63B-4 §3.1.1.2 ask for. */
const BCRYPT_COST = 10
const PASSWORD_LENGTH = 8

export interface Rule {
  /** What the rule looks at. It says nothing while one of them could not be read. */
  of: readonly SettingName[]
  check(settings: Settings, production: boolean): Finding | readonly Finding[] | undefined
}

const RULES: readonly Rule[] = [
  {
    of: ['ENV', 'HOST', 'ALLOW_OPEN'],
    check: ({ ENV, HOST, ALLOW_OPEN }) =>
      ENV === 'development' && !ALLOW_OPEN && !isLoopback(HOST)
        ? {
            setting: 'HOST',
            message: `${HOST} is reachable from outside, and development issues tokens to anybody. Set ENV=production, or ALLOW_OPEN=true if that is meant`,
            fatal: true,
          }
        : undefined,
  },
  {
    of: ['ENV', 'HOST', 'ALLOW_OPEN', 'ISSUE_ACCESS'],
    check: ({ ENV, HOST, ALLOW_OPEN, ISSUE_ACCESS }) =>
      ENV !== 'development' && ISSUE_ACCESS === 'open' && !ALLOW_OPEN && !isLoopback(HOST)
        ? {
            setting: 'HOST',
            message: `${HOST} is reachable from outside, and whoever reaches it is issued tokens. Set ISSUE_ACCESS=key, or ALLOW_OPEN=true if that is meant`,
            fatal: false,
          }
        : undefined,
  },
  {
    of: ['TOKEN_EXPIRATION_DAYS', 'TOKEN_EXPIRATION_SECONDS'],
    check: ({ TOKEN_EXPIRATION_DAYS: days, TOKEN_EXPIRATION_SECONDS: seconds }) =>
      days + seconds === 0
        ? {
            setting: 'TOKEN_EXPIRATION_SECONDS',
            message: 'is 0 as TOKEN_EXPIRATION_DAYS is: tokens would be expired when they are made',
            fatal: true,
          }
        : undefined,
  },
  {
    of: ['ENV', 'DATABASE_URL', 'ISSUER'],
    check: ({ DATABASE_URL: url, ISSUER }, production) =>
      production && url !== undefined && isPostgres(url) && ISSUER === undefined
        ? {
            setting: 'ISSUER',
            message:
              'without it user tokens name the address that a node listens on, and a node elsewhere refuses them',
            fatal: false,
          }
        : undefined,
  },
  {
    of: ['ENV', 'PASSWORD_HASH', 'BCRYPT_LOG_ROUNDS'],
    check: ({ PASSWORD_HASH, BCRYPT_LOG_ROUNDS: cost }, production) =>
      production && PASSWORD_HASH === 'bcrypt' && cost < BCRYPT_COST
        ? {
            setting: 'BCRYPT_LOG_ROUNDS',
            message: `${cost} is for tests: a stolen hash is searched through quickly. At least ${BCRYPT_COST} is meant for production`,
            fatal: false,
          }
        : undefined,
  },
  {
    of: ['ENV', 'PASSWORD_MIN_LENGTH'],
    check: ({ PASSWORD_MIN_LENGTH: length }, production) =>
      production && length < PASSWORD_LENGTH
        ? {
            setting: 'PASSWORD_MIN_LENGTH',
            message: `${length} lets passwords pass that are quickly guessed: at least ${PASSWORD_LENGTH} is meant for production`,
            fatal: false,
          }
        : undefined,
  },
  {
    of: ['TLS_CERT', 'TLS_KEY'],
    check: ({ TLS_CERT, TLS_KEY }) =>
      (TLS_CERT === undefined) !== (TLS_KEY === undefined)
        ? {
            setting: TLS_KEY === undefined ? 'TLS_KEY' : 'TLS_CERT',
            message: 'its twin is set: HTTPS needs both',
            fatal: true,
          }
        : undefined,
  },
  {
    of: ['TLS_CERT', 'TLS_KEY', 'TLS_MIN_VERSION'],
    check: ({ TLS_CERT, TLS_KEY, TLS_MIN_VERSION }) => {
      const speaksTls = TLS_CERT !== undefined && TLS_KEY !== undefined
      const message = speaksTls ? OF_MIN_VERSION[TLS_MIN_VERSION] : PLAIN[TLS_MIN_VERSION]
      return message === undefined
        ? undefined
        : { setting: 'TLS_MIN_VERSION', message, fatal: false }
    },
  },
  {
    of: ['ENV', 'HOST', 'TLS_CERT', 'TRUST_PROXY'],
    check: ({ HOST, TLS_CERT, TRUST_PROXY }, production) =>
      production && TLS_CERT === undefined && TRUST_PROXY.length === 0 && !isLoopback(HOST)
        ? {
            setting: 'HOST',
            message: `${HOST} is reachable from outside, and API keys and tokens travel unencrypted. Set TLS_CERT and TLS_KEY, or put a proxy with TLS before it and name it in TRUST_PROXY`,
            fatal: false,
          }
        : undefined,
  },
  ...SECRET_RULES,
  {
    of: ['ENV', 'TELESIGN_CUSTOMER_ID', 'TELESIGN_API_KEY'],
    check({ TELESIGN_CUSTOMER_ID, TELESIGN_API_KEY }, production) {
      if ((TELESIGN_CUSTOMER_ID === undefined) !== (TELESIGN_API_KEY === undefined)) {
        const missing = TELESIGN_API_KEY === undefined ? 'TELESIGN_API_KEY' : 'TELESIGN_CUSTOMER_ID'
        return {
          setting: missing,
          message: 'its twin is set: transaction tokens need both',
          fatal: true,
        }
      }
      return production && TELESIGN_API_KEY === undefined
        ? {
            setting: 'TELESIGN_API_KEY',
            message:
              'without it and TELESIGN_CUSTOMER_ID the transaction flow answers 503 flow_not_configured',
            fatal: false,
          }
        : undefined
    },
  },
  {
    of: ['TELESIGN_CUSTOMER_ID'],
    check: ({ TELESIGN_CUSTOMER_ID: id }) =>
      id !== undefined && !isCustomerId(id)
        ? {
            setting: 'TELESIGN_CUSTOMER_ID',
            message: 'must be 1 to 128 printable ASCII characters without spaces',
            fatal: true,
          }
        : undefined,
  },
  {
    of: ['ENV', 'DATABASE_TEST_URL'],
    check: ({ ENV, DATABASE_TEST_URL }) =>
      ENV !== 'testing' && DATABASE_TEST_URL !== undefined
        ? {
            setting: 'DATABASE_TEST_URL',
            message: `is read in the testing profile only; this is ${ENV}`,
            fatal: false,
          }
        : undefined,
  },
  {
    of: ['ENV', 'DATABASE_URL', 'TELESIGN_CUSTOMER_ID'],
    check: ({ DATABASE_URL: url, TELESIGN_CUSTOMER_ID }, production) =>
      !production && url !== undefined && isPostgres(url) && TELESIGN_CUSTOMER_ID === undefined
        ? {
            setting: 'TELESIGN_CUSTOMER_ID',
            message:
              'without it and TELESIGN_API_KEY each node makes a customer and a key of its own: give all nodes of one database the same',
            fatal: false,
          }
        : undefined,
  },
  {
    of: ['ENV', 'DATABASE_URL'],
    check: ({ DATABASE_URL: url }, production) => {
      const host = url !== undefined && isPostgres(url) ? (plainHostOf(url) ?? '') : ''
      const isHere = host === '' || host.startsWith('/') || isLoopback(host)
      return production && !isHere
        ? {
            setting: 'DATABASE_URL',
            message: `phone numbers and tokens travel to ${host} unencrypted. Add sslmode=verify-full to it`,
            fatal: false,
          }
        : undefined
    },
  },
]

/** What stands against `settings`, by rules that look at more than one value's shape. */
export function checkSettings(
  settings: Settings,
  readable: (name: SettingName) => boolean,
  further: readonly Rule[] = [],
): Finding[] {
  return [...RULES, ...further]
    .filter(({ of }) => of.every(readable))
    .flatMap(({ check }) => check(settings, settings.ENV === 'production') ?? [])
}

export const isCustomerId = (id: unknown): id is string =>
  typeof id === 'string' && /^[\x21-\x7e]{1,128}$/.test(id)

/** `localhost`, 127.0.0.0/8 and ::1. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}
