import { isIP } from 'node:net'
import type { SettingName, Settings } from './settings.ts'

export interface Finding {
  setting: SettingName
  message: string
  /** Whether the service refuses to start. */
  fatal: boolean
}

/** Secrets that stand in tutorials and example files; everybody can sign with them. */
const KNOWN_EXAMPLES = [
  'my_precious',
  'secret',
  'changeme',
  'change-me',
  'password',
  'your-256-bit-secret',
  'super-secret',
  'supersecret',
  'jwt-secret',
  'your secret api key',
  'my_precious_secret',
]
/** RFC 7518 §3.2: a key of the size of the hash output or larger. */
const KEY_BYTES = 32

type Rule = (settings: Settings, production: boolean) => Finding | undefined

const RULES: readonly Rule[] = [
  ({ ENV, HOST, ALLOW_OPEN }) =>
    ENV === 'development' && !ALLOW_OPEN && !isLoopback(HOST)
      ? {
          setting: 'HOST',
          message: `${HOST} is reachable from outside, and development issues tokens to anybody. Set ENV=production, or ALLOW_OPEN=true if that is meant`,
          fatal: true,
        }
      : undefined,

  ({ SECRET_KEY, MASTER_KEY }, production) =>
    production && SECRET_KEY === undefined && MASTER_KEY === undefined
      ? {
          setting: 'MASTER_KEY',
          message:
            'production needs MASTER_KEY or SECRET_KEY: 32 random bytes, as `openssl rand -base64 32` prints them',
          fatal: true,
        }
      : undefined,

  (settings, production) => weakSecret('SECRET_KEY', settings, production),
  (settings, production) => weakSecret('MASTER_KEY', settings, production),

  ({ TELESIGN_CUSTOMER_ID, TELESIGN_API_KEY }, production) => {
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

  ({ TELESIGN_API_KEY: key }, production) =>
    key !== undefined && key.length < KEY_BYTES
      ? {
          setting: 'TELESIGN_API_KEY',
          message: `has ${key.length} bytes; HS256 needs at least ${KEY_BYTES} (RFC 7518 §3.2)`,
          fatal: production,
        }
      : undefined,

  ({ TELESIGN_CUSTOMER_ID: id }) =>
    id !== undefined && !/^[\x21-\x7e]{1,128}$/.test(id)
      ? {
          setting: 'TELESIGN_CUSTOMER_ID',
          message: 'must be 1 to 128 printable ASCII characters without spaces',
          fatal: true,
        }
      : undefined,

  ({ ENV, DATABASE_TEST_URL }) =>
    ENV !== 'testing' && DATABASE_TEST_URL !== undefined
      ? {
          setting: 'DATABASE_TEST_URL',
          message: `is read in the testing profile only; this is ${ENV}`,
          fatal: false,
        }
      : undefined,
]

/** What stands against `settings`, by rules that look at more than one value's shape. */
export function checkSettings(
  settings: Settings,
  readable: (name: SettingName) => boolean,
): Finding[] {
  return RULES.map((rule) => rule(settings, settings.ENV === 'production')).filter(
    (finding): finding is Finding => finding !== undefined && readable(finding.setting),
  )
}

function weakSecret(
  setting: 'SECRET_KEY' | 'MASTER_KEY',
  settings: Settings,
  production: boolean,
): Finding | undefined {
  const value = settings[setting]
  if (value === undefined) return undefined
  if (KNOWN_EXAMPLES.includes(value.toLowerCase())) {
    return {
      setting,
      message: 'is a well-known example: anybody can sign with it',
      fatal: production,
    }
  }
  const bytes = Buffer.byteLength(value)
  return bytes < KEY_BYTES
    ? {
        setting,
        message: `has ${bytes} bytes; at least ${KEY_BYTES} are needed`,
        fatal: production,
      }
    : undefined
}

/** `localhost`, 127.0.0.0/8 and ::1. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}
