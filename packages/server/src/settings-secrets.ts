/**
 * What is no secret, or not enough of one: short, known to everybody, or missing. Rules as those of
 * `settings-rules.ts`, which asks them too.
 */
import { importKey, KeyError } from '@jotter/token'
import { isPostgres } from './postgres-url.ts'
import type { Rule } from './settings-rules.ts'

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
  // What jwt.io fills in: long enough to pass for real ones.
  'a-string-secret-at-least-256-bits-long',
  'a-valid-string-secret-that-is-at-least-384-bits-long',
  'a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long',
]
/** TeleSign's tutorial, the tests of its SDKs and its sample code show these keys, in base64. */
const TELESIGN_EXAMPLES = [
  'ABC12345yusumoN6BYsBVkh+yRJ5czgsnCehZaOYldPJdmFh6NeX8kunZ2zU1YWaUw/0wV6xfw==',
  'EXAMPLETE8sTgg45yusumoN6BYsBVkh+yRJ5czgsnCehZaOYldPJdmFh6NeX8kunZ2zU1YWaUw/0wV6xfw==',
  'rSXsJDSK2hWi1CtzX/RbPtuTnZ7dybjFVS7gcJKkhqXa4RRQ5gkbP3TGNUwiqpu0cXxG5oblzu19X51//aIRLw==',
]
const WELL_KNOWN = 'is a well-known example: anybody can sign with it'
/** RFC 7518 §3.2: a key of the size of the hash output or larger. */
const KEY_BYTES = 32
/** The same, of the algorithms that take more. */
const SECRET_BYTES: Readonly<Partial<Record<string, number>>> = { HS384: 48, HS512: 64 }

export const SECRET_RULES: readonly Rule[] = [
  {
    of: ['ENV', 'SECRET_KEY', 'MASTER_KEY'],
    check: ({ SECRET_KEY, MASTER_KEY }, production) =>
      production && SECRET_KEY === undefined && MASTER_KEY === undefined
        ? {
            setting: 'MASTER_KEY',
            message:
              'production needs MASTER_KEY or SECRET_KEY: 32 random bytes, as `openssl rand -base64 32` prints them',
            fatal: true,
          }
        : undefined,
  },
  {
    of: ['ENV', 'DATABASE_URL', 'MASTER_KEY'],
    check: ({ DATABASE_URL: url, MASTER_KEY }, production) =>
      url !== undefined && isPostgres(url) && MASTER_KEY === undefined
        ? {
            setting: 'MASTER_KEY',
            message:
              'without it each node makes one of its own, and a database takes the nodes of one only: give all of them the same',
            fatal: production,
          }
        : undefined,
  },
  {
    of: ['SECRET_KEY', 'ACCESS_ALG'],
    check: ({ SECRET_KEY, ACCESS_ALG: alg }) =>
      SECRET_KEY === undefined && alg.startsWith('HS')
        ? { setting: 'ACCESS_ALG', message: `${alg} signs with SECRET_KEY: set it`, fatal: true }
        : undefined,
  },
  {
    of: ['SECRET_KEY'],
    check({ SECRET_KEY: secret }) {
      const problem = secret && refusedSecret(Buffer.from(secret), true)
      return problem ? { setting: 'SECRET_KEY', message: problem, fatal: true } : undefined
    },
  },
  weakSecret('SECRET_KEY'),
  weakSecret('MASTER_KEY'),
  weakSecret('ADMIN_KEY'),
  {
    of: ['ENV', 'TELESIGN_API_KEY'],
    check({ TELESIGN_API_KEY: secret }, production) {
      if (secret === undefined) return undefined
      const isExample = TELESIGN_EXAMPLES.includes(secret.toString('base64'))
      const problem = isExample ? WELL_KNOWN : refusedSecret(secret, false)
      if (problem === undefined) return undefined
      // Short and published ones are let pass outside production; what is no secret never is.
      const fatal = production || refusedSecret(secret, true) !== undefined
      return { setting: 'TELESIGN_API_KEY', message: problem, fatal }
    },
  },
]

function weakSecret(setting: 'SECRET_KEY' | 'MASTER_KEY' | 'ADMIN_KEY'): Rule {
  return {
    of: ['ENV', setting, 'ACCESS_ALG'],
    check({ [setting]: value, ACCESS_ALG }, production) {
      if (value === undefined) return undefined
      if (KNOWN_EXAMPLES.includes(value.toLowerCase())) {
        return {
          setting,
          message: WELL_KNOWN,
          fatal: production,
        }
      }
      const bytes = Buffer.byteLength(value)
      const least = (setting === 'SECRET_KEY' && SECRET_BYTES[ACCESS_ALG]) || KEY_BYTES
      return bytes < least
        ? {
            setting,
            message: `has ${bytes} bytes; at least ${least} are needed`,
            fatal: production,
          }
        : undefined
    },
  }
}

/** Why the token core would not sign with `secret`. */
function refusedSecret(secret: Buffer, allowShortSecret: boolean): string | undefined {
  try {
    importKey({ secret, alg: 'HS256' }, { allowShortSecret })
    return undefined
  } catch (error) {
    if (error instanceof KeyError) return error.message
    throw error
  }
}
