import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { databaseOf } from './database.ts'
import { accessLives } from './keys/access-tokens.ts'
import { type Environment, SETTINGS, type Setting, type SettingName } from './settings.ts'
import { readSettings, SettingsError } from './settings-sources.ts'

const read = (environment: Record<string, string | undefined>) =>
  readSettings({
    flags: {},
    environment,
    readFile: (path) => assert.fail(`${path} was read`),
    dotEnv: () => undefined,
  })

/** What is wrong with one setting when it is given as `text`. */
function problemOf(name: SettingName, text: string): string | undefined {
  try {
    read({ [`JOTTER_${name}`]: text })
  } catch (error) {
    assert.ok(error instanceof SettingsError, String(error))
    return error.problems.find(({ setting }) => setting === name)?.message
  }
  return undefined
}

const KEY = Buffer.alloc(32, 1)
const RATE = {
  good: [
    ['3/hour', { limit: 3, windowSeconds: 3600 }],
    ['off', undefined],
  ],
  bad: ['', '0/second', '1', '1/week', '1 per second', 'none'],
} as const

type Texts = { good: readonly (readonly [text: string, value: unknown])[]; bad: readonly string[] }
const same = (...texts: string[]) => texts.map((text) => [text, text] as const)

/** Texts of every setting. What a kind takes is spelt out in settings-kinds.test.ts. */
const TEXTS: Readonly<Record<SettingName, Texts>> = {
  ENV: { good: same('development', 'testing'), bad: ['', 'prod', 'Production', 'test', 'staging'] },
  HOST: { good: same('127.0.0.1', '::1', 'localhost'), bad: [''] },
  PORT: {
    good: [
      ['0', 0],
      ['65535', 65_535],
    ],
    bad: ['', '65536', '-1', 'http', '80 ', '0x50'],
  },
  DATA: { good: same('./data', '/var/lib/jotter', 'data dir'), bad: [''] },
  DATABASE_URL: {
    good: same('memory:', 'sqlite:a.db', 'postgres://user@db/jotter'),
    bad: ['', 'sqlite:', 'mysql://db', 'a.db'],
  },
  DATABASE_TEST_URL: { good: same('memory:', 'sqlite:a.db'), bad: ['', 'sqlite:', 'memory'] },
  DATABASE_POOL: {
    good: [
      ['4', 4],
      ['1000', 1000],
    ],
    bad: ['', '3', '1001', 'many'],
  },
  DATABASE_TIMEOUT_MS: {
    good: [
      ['100', 100],
      ['60000', 60_000],
    ],
    bad: ['', '0', '99', '1.5', '2s'],
  },
  ISSUER: {
    good: same('https://a.example'),
    bad: ['', 'a.example', 'https://a.example/', 'ftp://a'],
  },
  ADMIN_KEY: { good: same('k'.repeat(32)), bad: ['', 'k'.repeat(31), `${'k'.repeat(32)} `] },
  SECRET_KEY: { good: same('s'.repeat(32), 'short'), bad: [''] },
  MASTER_KEY: { good: same('m'.repeat(32), 'short'), bad: [''] },
  KEYSERVER_URL: {
    good: same('http://localhost:5010/getkey', 'https://keys.example'),
    bad: [
      '',
      'localhost:5010',
      'ftp://a',
      'file:///a',
      'http://a/?b=c',
      'http://user:pass@a/getkey',
    ],
  },
  AUDIENCE: {
    good: same('https://api.example/', 'urn:example:api', 'api'),
    bad: ['', 'two words', 'é', 'a'.repeat(256)],
  },
  ACCESS_ALG: {
    good: same('ES256', 'EdDSA', 'PS512', 'ML-DSA-44'),
    bad: ['', 'none', 'es256', 'HS1', 'ES256K', 'HS256'],
  },
  MACHINE_ALG: {
    good: same('RS256', 'ES256', 'EdDSA', 'ML-DSA-44'),
    bad: ['', 'none', 'rs256', 'HS256'],
  },
  MACHINE_LEEWAY_SECONDS: {
    good: [
      ['0', 0],
      ['60', 60],
    ],
    bad: ['', '-1', '61', '1.5'],
  },
  GATE_LINES_FILE: { good: same('lines.txt'), bad: ['', 'one\ntwo'] },
  TOKEN_EXPIRATION_DAYS: {
    good: [
      ['1', 1],
      ['3650', 3650],
    ],
    bad: ['', '-1', '3651', '0.5', '30 days'],
  },
  TOKEN_EXPIRATION_SECONDS: {
    good: [
      ['0', 0],
      ['31536000', 31_536_000],
    ],
    bad: ['', '-1', '31536001', '5s'],
  },
  ACCESS_TOKEN_SECONDS: {
    good: [
      ['1', 1],
      ['86400', 86_400],
    ],
    bad: ['', '0', '86401'],
  },
  REFRESH_GRACE_SECONDS: {
    good: [
      ['0', 0],
      ['300', 300],
    ],
    bad: ['', '-1', '301'],
  },
  REFRESH_TOKEN_DAYS: {
    good: [
      ['1', 1],
      ['3650', 3650],
    ],
    bad: ['', '0', '3651'],
  },
  REVOCATION_MAX_AGE_SECONDS: {
    good: [
      ['1', 1],
      ['3600', 3600],
    ],
    bad: ['', '0', '3601', 'off'],
  },
  KEY_ROTATION_DAYS: {
    good: [
      ['off', 0],
      ['0', 0],
      ['3650', 3650],
    ],
    bad: ['-1', '1.5', '3651', 'never', ''],
  },
  JWKS_MAX_AGE: {
    good: [
      ['1', 1],
      ['86400', 86_400],
    ],
    bad: ['', '0', '86401'],
  },
  PASSWORD_HASH: {
    good: same('argon2id', 'bcrypt'),
    bad: ['', 'argon2', 'scrypt', 'BCRYPT', 'plain'],
  },
  BCRYPT_LOG_ROUNDS: {
    good: [
      ['4', 4],
      ['16', 16],
    ],
    bad: ['', '3', '17', '31', '-4', '4.5', '8192', ' 13'],
  },
  PASSWORD_MIN_LENGTH: {
    good: [
      ['1', 1],
      ['128', 128],
    ],
    bad: ['', '0', '129', '-1', 'none'],
  },
  TLS_CERT: {
    good: [],
    bad: ['', '-----BEGIN CERTIFICATE-----'],
  },
  TLS_KEY: {
    good: [],
    bad: ['', '-----BEGIN PRIVATE KEY-----\\nMIG', 'a\nb', 'a\0'],
  },
  TLS_MIN_VERSION: { good: same('1.1', '1.2', '1.3'), bad: ['', '1.0', '1', 'TLSv1.2', '1.4'] },
  ALLOW_OPEN: {
    good: [
      ['true', true],
      ['0', false],
    ],
    bad: ['', 'yes', 'TRUE'],
  },
  TRUST_PROXY: {
    good: [
      ['', []],
      ['10.0.0.0/8', ['10.0.0.0/8']],
    ],
    bad: ['1', 'true', '10.0.0.0/0'],
  },
  CORS_ORIGINS: {
    good: [
      ['', []],
      ['https://a.example', ['https://a.example']],
    ],
    bad: ['*', 'null', 'a.example', 'https://a.example/'],
  },
  TELESIGN_CUSTOMER_ID: { good: [], bad: [''] },
  TELESIGN_API_KEY: { good: [], bad: ['', 'key', 'QUJD-', 'QUJD\n'] },
  ISSUE_ACCESS: { good: same('open', 'key'), bad: ['', 'closed', 'OPEN'] },
  RATE_LIMIT: RATE,
  RATE_LIMIT_KEY: RATE,
  RATE_LIMIT_PHONE: RATE,
  RATE_LIMIT_WRONG_KEY: RATE,
  RATE_LIMIT_REGISTER: RATE,
  STORE_TOKENS: { good: same('full', 'digest'), bad: ['', 'hash', 'none'] },
  RETENTION_DAYS: {
    good: [
      ['1', 1],
      ['36500', 36_500],
    ],
    bad: ['', '0', '-1', '36501', '90 days', '1.5'],
  },
  LOG_REQUESTS: { good: same('errors', 'all', 'off'), bad: ['', 'none', 'false'] },
  LOG_LEVEL: {
    good: same('fatal', 'error', 'warn', 'info', 'debug', 'trace'),
    bad: ['', 'silent', 'INFO', 'verbose'],
  },
}

for (const [name, { good, bad }] of Object.entries(TEXTS) as [SettingName, Texts][]) {
  describe(`the setting ${name}`, () => {
    for (const [text, value] of good) {
      test(`takes ${JSON.stringify(text)}`, () => {
        assert.deepEqual(read({ [`JOTTER_${name}`]: text }).settings[name], value)
      })
    }
    for (const text of bad) {
      test(`refuses ${JSON.stringify(text)}`, () =>
        assert.notEqual(problemOf(name, text), undefined))
    }
  })
}

test('the two files of TLS are taken together', () => {
  const { settings } = read({ JOTTER_TLS_CERT: '/etc/tls/a b.pem', JOTTER_TLS_KEY: 'key.pem' })
  assert.equal(settings.TLS_CERT, '/etc/tls/a b.pem')
  assert.equal(settings.TLS_KEY, 'key.pem')
})

test('the two TeleSign settings are taken together', () => {
  const { settings } = read({
    TELESIGN_CUSTOMER_ID: 'FFFFFFFF-EEEE-DDDD-1234-AB1234567890',
    TELESIGN_API_KEY: KEY.toString('base64'),
  })
  assert.equal(settings.TELESIGN_CUSTOMER_ID, 'FFFFFFFF-EEEE-DDDD-1234-AB1234567890')
  assert.deepEqual(settings.TELESIGN_API_KEY, KEY)
})

describe('defaults', () => {
  const DEFAULTS = {
    HOST: '127.0.0.1',
    PORT: 7519,
    DATA: './data',
    ALLOW_OPEN: false,
    TRUST_PROXY: [],
    CORS_ORIGINS: [],
    RATE_LIMIT: { limit: 1, windowSeconds: 1 },
    RATE_LIMIT_KEY: { limit: 1000, windowSeconds: 1 },
    RATE_LIMIT_PHONE: { limit: 10, windowSeconds: 60 },
    RATE_LIMIT_WRONG_KEY: { limit: 60, windowSeconds: 60 },
    RATE_LIMIT_REGISTER: { limit: 30, windowSeconds: 60 },
    STORE_TOKENS: 'full',
    RETENTION_DAYS: 90,
    LOG_REQUESTS: 'errors',
    LOG_LEVEL: 'info',
    DATABASE_URL: undefined,
    DATABASE_TEST_URL: undefined,
    DATABASE_POOL: 10,
    DATABASE_TIMEOUT_MS: 1500,
    ISSUER: undefined,
    KEYSERVER_URL: undefined,
    PASSWORD_HASH: 'argon2id',
    TLS_CERT: undefined,
    TLS_KEY: undefined,
    TLS_MIN_VERSION: '1.2',
    ADMIN_KEY: undefined,
    SECRET_KEY: undefined,
    AUDIENCE: undefined,
    ACCESS_ALG: 'ES256',
    ACCESS_TOKEN_SECONDS: 900,
    REFRESH_GRACE_SECONDS: 10,
    REFRESH_TOKEN_DAYS: 30,
    REVOCATION_MAX_AGE_SECONDS: 10,
    JWKS_MAX_AGE: 300,
    KEY_ROTATION_DAYS: 90,
    MACHINE_ALG: 'RS256',
    MACHINE_LEEWAY_SECONDS: 0,
    GATE_LINES_FILE: undefined,
    TELESIGN_CUSTOMER_ID: undefined,
    TELESIGN_API_KEY: undefined,
  }
  const MASTER_KEY = 'm'.repeat(32)
  const LAX = { BCRYPT_LOG_ROUNDS: 4, PASSWORD_MIN_LENGTH: 4 }
  const STRICT = { BCRYPT_LOG_ROUNDS: 13, PASSWORD_MIN_LENGTH: 8 }
  const MONTH = { TOKEN_EXPIRATION_DAYS: 30, TOKEN_EXPIRATION_SECONDS: 0 }
  const MOMENT = { TOKEN_EXPIRATION_DAYS: 0, TOKEN_EXPIRATION_SECONDS: 3 }
  const PROFILES: Readonly<Record<Environment, object>> = {
    development: { ISSUE_ACCESS: 'open', MASTER_KEY: undefined, ...LAX, ...MONTH },
    testing: { ISSUE_ACCESS: 'open', MASTER_KEY: undefined, ...LAX, ...MOMENT },
    production: { ISSUE_ACCESS: 'key', MASTER_KEY, ...STRICT, ...MONTH },
  }
  for (const [ENV, own] of Object.entries(PROFILES)) {
    test(`of the ${ENV} profile are what http-api.md says`, () => {
      const master = ENV === 'production' ? { JOTTER_MASTER_KEY: MASTER_KEY } : {}
      const { settings } = read({ JOTTER_ENV: ENV, ...master })
      assert.deepEqual(settings, { ENV, ...DEFAULTS, ...own })
    })
  }

  test('are those of the development profile when none is named', () => {
    assert.deepEqual(read({}).settings, read({ JOTTER_ENV: 'development' }).settings)
  })
})

/**
 * behaviour.md item 39. DEBUG, TESTING, SQLALCHEMY_TRACK_MODIFICATIONS and
 * PRESERVE_CONTEXT_ON_EXCEPTION are switches of Flask and its database layer: nothing here is like them.
 */
describe('item 39: the values of the profiles are those of S3', () => {
  const GIVEN = {
    SECRET_KEY: 's'.repeat(32),
    DATABASE_URL: 'sqlite:own.db',
    DATABASE_TEST_URL: 'sqlite:test.db',
  }
  const rows: Readonly<Record<Environment, object>> = {
    development: { rounds: 4, days: 30, seconds: 0, life: 2_592_000, database: 'sqlite:own.db' },
    testing: { rounds: 4, days: 0, seconds: 3, life: 3, database: 'sqlite:test.db' },
    production: { rounds: 13, days: 30, seconds: 0, life: 2_592_000, database: 'sqlite:own.db' },
  }
  for (const [ENV, expected] of Object.entries(rows)) {
    test(ENV, () => {
      const { settings } = read({ JOTTER_ENV: ENV, ...GIVEN })
      const effective = {
        rounds: settings.BCRYPT_LOG_ROUNDS,
        days: settings.TOKEN_EXPIRATION_DAYS,
        seconds: settings.TOKEN_EXPIRATION_SECONDS,
        life: accessLives(settings).login,
        database: databaseOf(settings).url,
      }
      assert.deepEqual(effective, expected)
      assert.equal(settings.SECRET_KEY, GIVEN.SECRET_KEY)
      assert.equal(settings.ACCESS_ALG, 'HS256')
    })
  }
})

test('ACCESS_ALG is HS256 where there is a SECRET_KEY, unless it says otherwise', () => {
  const SECRET_KEY = 's'.repeat(32)
  assert.equal(read({}).settings.ACCESS_ALG, 'ES256')
  const { settings, origins } = read({ SECRET_KEY })
  assert.deepEqual([settings.ACCESS_ALG, origins.ACCESS_ALG], ['HS256', 'SECRET_KEY'])
  const asked = read({ SECRET_KEY, JOTTER_ACCESS_ALG: 'EdDSA' }).settings
  assert.equal(asked.ACCESS_ALG, 'EdDSA')
})

describe('PASSWORD_HASH', () => {
  const rows: [given: Record<string, string>, hash: string, origin: string][] = [
    [{}, 'argon2id', 'default'],
    [{ BCRYPT_LOG_ROUNDS: '12' }, 'bcrypt', 'BCRYPT_LOG_ROUNDS'],
    [{ JOTTER_BCRYPT_LOG_ROUNDS: '4' }, 'bcrypt', 'JOTTER_BCRYPT_LOG_ROUNDS'],
    [{ JOTTER_PASSWORD_HASH: 'bcrypt' }, 'bcrypt', 'JOTTER_PASSWORD_HASH'],
    [
      { JOTTER_PASSWORD_HASH: 'argon2id', BCRYPT_LOG_ROUNDS: '12' },
      'argon2id',
      'JOTTER_PASSWORD_HASH',
    ],
  ]
  for (const [given, hash, origin] of rows) {
    test(`is ${hash} from ${origin} when given ${JSON.stringify(given)}`, () => {
      const { settings, origins } = read(given)
      assert.equal(settings.PASSWORD_HASH, hash)
      assert.equal(origins.PASSWORD_HASH, origin)
    })
  }

  test('is not doubted because BCRYPT_LOG_ROUNDS could not be read', () => {
    assert.equal(problemOf('BCRYPT_LOG_ROUNDS', 'many'), 'must be a whole number from 4 to 16')
    assert.throws(
      () => read({ BCRYPT_LOG_ROUNDS: 'many' }),
      ({ problems }: SettingsError) => problems.length === 1,
    )
  })
})

test('the names without a prefix are those that the documents and platforms use', () => {
  const rows = Object.entries(SETTINGS) as [SettingName, Setting][]
  assert.deepEqual(
    rows.filter(([, { bare }]) => bare).map(([name]) => name),
    [
      'HOST',
      'PORT',
      'DATABASE_URL',
      'DATABASE_TEST_URL',
      'SECRET_KEY',
      'KEYSERVER_URL',
      'TOKEN_EXPIRATION_DAYS',
      'TOKEN_EXPIRATION_SECONDS',
      'BCRYPT_LOG_ROUNDS',
      'TELESIGN_CUSTOMER_ID',
      'TELESIGN_API_KEY',
      'LOG_LEVEL',
    ],
  )
})

test('L-01 no message and no warning holds a part of a secret that was refused or doubted', () => {
  const secrets = (Object.entries(SETTINGS) as [SettingName, Setting][])
    .filter(([, { secret }]) => secret)
    .map(([name]) => name)
  const silent = fc.property(
    fc.constantFrom(...secrets),
    // Letters and digits that no message is made of, and whatever a key may be spoilt with.
    fc.array(fc.constantFrom('Xq7', 'Zj4', 'Vw9', 'Kx8', '-', '_', ' ', '=', '\n', 'é'), {
      maxLength: 30,
    }),
    fc.constantFrom('development', 'testing', 'production'),
    (name, parts, ENV) => {
      let said = ''
      try {
        const { warnings } = read({ JOTTER_ENV: ENV, [`JOTTER_${name}`]: parts.join('') })
        said = warnings.join('\n')
      } catch (error) {
        said = `${(error as SettingsError).message} ${JSON.stringify((error as SettingsError).problems)}`
      }
      assert.doesNotMatch(said, /Xq7|Zj4|Vw9|Kx8/)
    },
  )
  fc.assert(silent, { numRuns: 1000 })
})
