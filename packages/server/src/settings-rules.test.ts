import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { describe, test } from 'node:test'
import { isLoopback } from './settings-rules.ts'
import { readSettings, SettingsError } from './settings-sources.ts'

const base64 = (text: string): string => Buffer.from(text).toString('base64')
const PUBLISHED = 'a-string-secret-at-least-256-bits-long'
const PUBLIC_KEY = generateKeyPairSync('ed25519')
  .publicKey.export({ type: 'spki', format: 'pem' })
  .toString()

/** In TeleSign's tutorial, in the tests of its SDKs, in its sample code. */
const TELESIGN_EXAMPLES = [
  'ABC12345yusumoN6BYsBVkh+yRJ5czgsnCehZaOYldPJdmFh6NeX8kunZ2zU1YWaUw/0wV6xfw==',
  'EXAMPLETE8sTgg45yusumoN6BYsBVkh+yRJ5czgsnCehZaOYldPJdmFh6NeX8kunZ2zU1YWaUw/0wV6xfw==',
  'rSXsJDSK2hWi1CtzX/RbPtuTnZ7dybjFVS7gcJKkhqXa4RRQ5gkbP3TGNUwiqpu0cXxG5oblzu19X51//aIRLw==',
]

const MASTER = { JOTTER_MASTER_KEY: 'm'.repeat(32) }
const NODE = { ...MASTER, JOTTER_ISSUER: 'https://tokens.example' }
const POSTGRES = 'postgres://localhost/jotter'
const TLS = { JOTTER_TLS_CERT: 'cert.pem', JOTTER_TLS_KEY: 'key.pem' }
const TELESIGN = {
  TELESIGN_CUSTOMER_ID: 'customer',
  TELESIGN_API_KEY: Buffer.alloc(32, 1).toString('base64'),
}

/** What is said about `environment`, one line each: `refused NAME (from SOURCE): ...` or `warned ...`. */
function findings(environment: Record<string, string>): string[] {
  try {
    const { warnings } = readSettings({
      flags: {},
      environment,
      readFile: () => assert.fail('a file was read'),
      dotEnv: () => undefined,
    })
    return warnings.map((warning) => `warned ${warning}`)
  } catch (error) {
    assert.ok(error instanceof SettingsError, String(error))
    return error.problems.map((p) => `refused ${p.setting} (from ${p.source}): ${p.message}`)
  }
}

interface Case {
  given: Record<string, string>
  /** Each says one line, in this order; nothing else is said. */
  said: readonly RegExp[]
}

const production = (given: Record<string, string>) => ({ JOTTER_ENV: 'production', ...given })
const testing = (given: Record<string, string>) => ({ JOTTER_ENV: 'testing', ...given })
const NO_TELESIGN = /^warned TELESIGN_API_KEY \(from unset\): .*flow_not_configured/

const CASES: Readonly<Record<string, Readonly<Record<string, Case>>>> = {
  'L-03 an open service is not reachable from outside': {
    'development on 0.0.0.0 is refused': {
      given: { HOST: '0.0.0.0' },
      said: [/^refused HOST \(from HOST\): 0\.0\.0\.0 is reachable .* ALLOW_OPEN=true/],
    },
    'development on :: is refused': { given: { HOST: '::' }, said: [/^refused HOST/] },
    'development on an address of the network is refused': {
      given: { JOTTER_HOST: '192.168.1.10' },
      said: [/^refused HOST \(from JOTTER_HOST\)/],
    },
    'development on a name is refused, whatever it resolves to': {
      given: { HOST: 'localhost.example.com' },
      said: [/^refused HOST/],
    },
    'development on 0.0.0.0 is allowed on request': {
      given: { HOST: '0.0.0.0', JOTTER_ALLOW_OPEN: 'true' },
      said: [],
    },
    'testing on 0.0.0.0 is a warning': {
      given: testing({ HOST: '0.0.0.0' }),
      said: [/^warned HOST \(from HOST\): 0\.0\.0\.0 is reachable .* ISSUE_ACCESS=key/],
    },
    'testing on 0.0.0.0 is allowed on request': {
      given: testing({ HOST: '0.0.0.0', JOTTER_ALLOW_OPEN: 'true' }),
      said: [],
    },
    'testing on 0.0.0.0 with a key is nothing to warn of': {
      given: testing({ HOST: '0.0.0.0', JOTTER_ISSUE_ACCESS: 'key' }),
      said: [],
    },
    'testing on loopback is nothing to warn of': { given: testing({}), said: [] },
    'production that lets anybody issue is a warning': {
      given: production({
        HOST: '0.0.0.0',
        JOTTER_ISSUE_ACCESS: 'open',
        ...TLS,
        ...MASTER,
        ...TELESIGN,
      }),
      said: [/^warned HOST .* ISSUE_ACCESS=key/],
    },
    'production may listen anywhere, and is told that keys travel unencrypted': {
      given: production({ HOST: '0.0.0.0', ...MASTER, ...TELESIGN }),
      said: [/^warned HOST \(from HOST\): .* travel unencrypted.*TLS_CERT .* TRUST_PROXY$/],
    },
    'production behind a proxy that it knows is told nothing': {
      given: production({
        HOST: '0.0.0.0',
        JOTTER_TRUST_PROXY: '10.0.0.1',
        ...MASTER,
        ...TELESIGN,
      }),
      said: [],
    },
    'production that speaks HTTPS is told nothing': {
      given: production({ HOST: '0.0.0.0', ...TLS, ...MASTER, ...TELESIGN }),
      said: [],
    },
  },
  'TLS_CERT and TLS_KEY are twins': {
    'a certificate without a key is refused': {
      given: { JOTTER_TLS_CERT: 'cert.pem' },
      said: [/^refused TLS_KEY \(from unset\): its twin is set/],
    },
    'a key without a certificate is refused': {
      given: { JOTTER_TLS_KEY: 'key.pem' },
      said: [/^refused TLS_CERT \(from unset\): its twin is set/],
    },
    'a key in place of its path is refused, and not repeated': {
      given: { ...TLS, JOTTER_TLS_KEY: '-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMG' },
      said: [
        /^refused TLS_KEY \(from JOTTER_TLS_KEY\): must be the path of a file, not what is in it$/,
      ],
    },
  },
  'item 7: TLS_MIN_VERSION': {
    '1.1 is served with a warning': {
      given: { ...TLS, JOTTER_TLS_MIN_VERSION: '1.1' },
      said: [/^warned TLS_MIN_VERSION \(from JOTTER_TLS_MIN_VERSION\): TLS 1\.1 is obsolete/],
    },
    '1.3 is served': { given: { ...TLS, JOTTER_TLS_MIN_VERSION: '1.3' }, said: [] },
    '1.0 is refused': {
      given: { ...TLS, JOTTER_TLS_MIN_VERSION: '1.0' },
      said: [/^refused TLS_MIN_VERSION .* must be one of 1\.1, 1\.2, 1\.3$/],
    },
    'means nothing without TLS': {
      given: { JOTTER_TLS_MIN_VERSION: '1.3' },
      said: [/^warned TLS_MIN_VERSION .* means nothing without TLS_CERT and TLS_KEY$/],
    },
  },
  'passwords are kept as production needs it': {
    'bcrypt of few rounds is a warning': {
      given: production({ BCRYPT_LOG_ROUNDS: '9', ...MASTER, ...TELESIGN }),
      said: [/^warned BCRYPT_LOG_ROUNDS \(from BCRYPT_LOG_ROUNDS\): 9 is for tests/],
    },
    'bcrypt of enough rounds is nothing to warn of': {
      given: production({ BCRYPT_LOG_ROUNDS: '10', ...MASTER, ...TELESIGN }),
      said: [],
    },
    'rounds that are not used are nothing to warn of': {
      given: production({
        BCRYPT_LOG_ROUNDS: '4',
        JOTTER_PASSWORD_HASH: 'argon2id',
        ...MASTER,
        ...TELESIGN,
      }),
      said: [],
    },
    'short passwords are a warning': {
      given: production({ JOTTER_PASSWORD_MIN_LENGTH: '7', ...MASTER, ...TELESIGN }),
      said: [/^warned PASSWORD_MIN_LENGTH \(from JOTTER_PASSWORD_MIN_LENGTH\): 7 lets/],
    },
    'testing may do both': {
      given: testing({ BCRYPT_LOG_ROUNDS: '4', JOTTER_PASSWORD_MIN_LENGTH: '1' }),
      said: [],
    },
  },
  'L-03 production has a secret of its own': {
    'none is refused': {
      given: production(TELESIGN),
      said: [/^refused MASTER_KEY \(from unset\): production needs MASTER_KEY or SECRET_KEY/],
    },
    'MASTER_KEY will do': { given: production({ ...MASTER, ...TELESIGN }), said: [] },
    'SECRET_KEY will do': {
      given: production({ SECRET_KEY: 's'.repeat(32), ...TELESIGN }),
      said: [],
    },
    'development and testing need none': { given: testing({}), said: [] },
    'a key of 31 bytes is refused': {
      given: production({ ...MASTER, ...TELESIGN, SECRET_KEY: 's'.repeat(31) }),
      said: [/^refused SECRET_KEY \(from SECRET_KEY\): has 31 bytes; at least 32 are needed/],
    },
    'bytes are counted, not characters': {
      given: production({ JOTTER_MASTER_KEY: 'é'.repeat(16), ...TELESIGN }),
      said: [],
    },
    'both are judged': {
      given: production({ JOTTER_MASTER_KEY: 'short', SECRET_KEY: 'short', ...TELESIGN }),
      said: [/^refused SECRET_KEY .* has 5 bytes/, /^refused MASTER_KEY .* has 5 bytes/],
    },
    'outside production a short key is a warning': {
      given: testing({ SECRET_KEY: 'short' }),
      said: [/^warned SECRET_KEY \(from SECRET_KEY\): has 5 bytes/],
    },
  },
  'A-19 a secret that stands in a tutorial is none': Object.fromEntries(
    [
      'my_precious',
      'secret',
      'changeme',
      'CHANGEME',
      'your-256-bit-secret',
      'a-string-secret-at-least-256-bits-long',
      'a-valid-string-secret-that-is-at-least-384-bits-long',
      'a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long',
    ].flatMap((secret): [string, Case][] => [
      [
        `${secret} is refused in production`,
        {
          given: production({ ...TELESIGN, SECRET_KEY: secret, JOTTER_MASTER_KEY: secret }),
          said: [
            /^refused SECRET_KEY .* is a well-known example/,
            /^refused MASTER_KEY .* is a well-known example/,
          ],
        },
      ],
      [
        `${secret} is a warning in development`,
        { given: { SECRET_KEY: secret }, said: [/^warned SECRET_KEY .* is a well-known example/] },
      ],
    ]),
  ),
  'TELESIGN_CUSTOMER_ID and TELESIGN_API_KEY are twins': {
    'an id without a key is refused': {
      given: { TELESIGN_CUSTOMER_ID: 'customer' },
      said: [/^refused TELESIGN_API_KEY \(from unset\): its twin is set/],
    },
    'a key without an id is refused': {
      given: { TELESIGN_API_KEY: TELESIGN.TELESIGN_API_KEY },
      said: [/^refused TELESIGN_CUSTOMER_ID \(from unset\): its twin is set/],
    },
    'a key that cannot be read is not missing': {
      given: { ...TELESIGN, TELESIGN_API_KEY: 'not base64' },
      said: [/^refused TELESIGN_API_KEY \(from TELESIGN_API_KEY\): has the character " "/],
    },
    'production without them starts and says what will not work': {
      given: production(MASTER),
      said: [NO_TELESIGN],
    },
    'development without them says nothing: it makes both': { given: {}, said: [] },
    'a short key is refused in production': {
      given: production({ ...MASTER, ...TELESIGN, TELESIGN_API_KEY: 'QUJD' }),
      said: [/^refused TELESIGN_API_KEY .* too short: HS256 needs 32 bytes, it has 3$/],
    },
    'A-19 a published key is refused in production': {
      given: production({ ...MASTER, ...TELESIGN, TELESIGN_API_KEY: base64(PUBLISHED) }),
      said: [/^refused TELESIGN_API_KEY .* the secret is a published example$/],
    },
    ...Object.fromEntries(
      TELESIGN_EXAMPLES.flatMap((key): [string, Case][] => [
        [
          `A-19 ${key.slice(0, 12)}..., which TeleSign's documents show, is refused in production`,
          {
            given: production({ ...MASTER, ...TELESIGN, TELESIGN_API_KEY: key }),
            said: [
              /^refused TELESIGN_API_KEY .* is a well-known example: anybody can sign with it$/,
            ],
          },
        ],
        [
          `${key.slice(0, 12)}... is a warning elsewhere`,
          {
            given: testing({ ...TELESIGN, TELESIGN_API_KEY: key }),
            said: [/^warned TELESIGN_API_KEY .* is a well-known example/],
          },
        ],
      ]),
    ),
    'A-03 a public key is refused everywhere': {
      given: testing({ ...TELESIGN, TELESIGN_API_KEY: base64(PUBLIC_KEY) }),
      said: [
        /^refused TELESIGN_API_KEY .* a key of a key pair, or a certificate, is no HMAC secret/,
      ],
    },
    'a short key is a warning elsewhere': {
      given: testing({ ...TELESIGN, TELESIGN_API_KEY: 'QUJD' }),
      said: [/^warned TELESIGN_API_KEY .* too short: HS256 needs 32 bytes, it has 3$/],
    },
    ...Object.fromEntries(
      ['a b', 'é', 'a\nb', 'c'.repeat(129), ' ', 'a\x7f'].map((id): [string, Case] => [
        `the id ${JSON.stringify(id).slice(0, 12)} is refused`,
        {
          given: { ...TELESIGN, TELESIGN_CUSTOMER_ID: id },
          said: [/^refused TELESIGN_CUSTOMER_ID .* 1 to 128 printable ASCII/],
        },
      ]),
    ),
  },
  'DATABASE_TEST_URL belongs to the testing profile': {
    'where it is read': { given: testing({ DATABASE_TEST_URL: 'memory:' }), said: [] },
    'in development it is a warning': {
      given: { DATABASE_TEST_URL: 'memory:' },
      said: [/^warned DATABASE_TEST_URL .* testing profile only; this is development/],
    },
    'in production it is a warning': {
      given: production({ ...MASTER, ...TELESIGN, DATABASE_TEST_URL: 'memory:' }),
      said: [/^warned DATABASE_TEST_URL .* testing profile only; this is production/],
    },
  },
  'a database elsewhere is spoken to with TLS': {
    'without it production warns': {
      given: production({
        ...NODE,
        ...TELESIGN,
        DATABASE_URL: 'postgres://u:hunter2@db.example/jotter',
      }),
      said: [/^warned DATABASE_URL .* phone numbers and tokens travel to db\.example unencrypted/],
    },
    'sslmode=disable is without it': {
      given: production({
        ...NODE,
        ...TELESIGN,
        DATABASE_URL: 'postgres://10.0.0.1/jotter?sslmode=disable',
      }),
      said: [/^warned DATABASE_URL .* travel to 10\.0\.0\.1 unencrypted/],
    },
    ...Object.fromEntries(
      [
        'postgres://db.example/jotter?sslmode=verify-full',
        'postgres://db.example/jotter?ssl=true',
        'postgres://127.0.0.1/jotter',
        'postgres://[::1]/jotter',
        'postgres://localhost/jotter',
        'postgres:///jotter?user=app&host=/run/postgresql',
        'postgres://%2Frun%2Fpostgresql/jotter',
      ].map((url): [string, Case] => [
        `${url} needs no warning`,
        { given: production({ ...NODE, ...TELESIGN, DATABASE_URL: url }), said: [] },
      ]),
    ),
    'development does not mind': {
      given: { ...MASTER, ...TELESIGN, DATABASE_URL: 'postgres://db.example/j' },
      said: [],
    },
  },
  'a key server elsewhere': {
    'without TLS is warned of in production': {
      given: production({ ...MASTER, ...TELESIGN, KEYSERVER_URL: 'http://10.0.0.1/getkey' }),
      said: [/^warned KEYSERVER_URL .* answers for 10\.0\.0\.1 can log in as any machine/],
    },
    ...Object.fromEntries(
      ['https://keys.example/getkey', 'http://localhost:5010/getkey', 'http://[::1]:5010/a'].map(
        (url): [string, Case] => [
          `${url} needs no warning`,
          { given: production({ ...MASTER, ...TELESIGN, KEYSERVER_URL: url }), said: [] },
        ],
      ),
    ),
  },
  'the customer of several nodes': {
    'would be another one for each': {
      given: { ...MASTER, DATABASE_URL: POSTGRES },
      said: [/^warned TELESIGN_CUSTOMER_ID .* give all nodes of one database the same/],
    },
    'is given to all of them': {
      given: { ...MASTER, ...TELESIGN, DATABASE_URL: POSTGRES },
      said: [],
    },
    'does not matter to a file, which has one node': {
      given: { DATABASE_URL: 'sqlite:jotter.db' },
      said: [],
    },
  },
  'the master key of several nodes': {
    'is demanded in production, also beside SECRET_KEY': {
      given: production({ ...TELESIGN, SECRET_KEY: 's'.repeat(32), DATABASE_URL: POSTGRES }),
      said: [/^refused MASTER_KEY \(from unset\): without it each node makes one of its own/],
    },
    'is missed elsewhere': {
      given: { ...TELESIGN, DATABASE_URL: POSTGRES },
      said: [/^warned MASTER_KEY \(from unset\): without it each node makes one of its own/],
    },
    'does not matter to a file, which has one node': {
      given: production({ ...TELESIGN, SECRET_KEY: 's'.repeat(32) }),
      said: [],
    },
  },
  'the issuer of several nodes': {
    'would be another one for each': {
      given: production({ ...MASTER, ...TELESIGN, DATABASE_URL: POSTGRES }),
      said: [/^warned ISSUER \(from unset\): without it user tokens name the address/],
    },
    'is given to all of them': {
      given: production({ ...NODE, ...TELESIGN, DATABASE_URL: POSTGRES }),
      said: [],
    },
  },
  'user tokens live for some time': {
    'which is TOKEN_EXPIRATION_DAYS and TOKEN_EXPIRATION_SECONDS together': {
      given: { TOKEN_EXPIRATION_DAYS: '0', TOKEN_EXPIRATION_SECONDS: '5' },
      said: [],
    },
    'and not for none': {
      given: { TOKEN_EXPIRATION_DAYS: '0', TOKEN_EXPIRATION_SECONDS: '0' },
      said: [/^refused TOKEN_EXPIRATION_SECONDS .* expired when they are made/],
    },
    'also in testing, where the days are 0': {
      given: testing({ TOKEN_EXPIRATION_SECONDS: '0' }),
      said: [/^refused TOKEN_EXPIRATION_SECONDS/],
    },
  },
  'A-19 what signs user tokens is a secret': {
    'HS256 without SECRET_KEY is refused': {
      given: { JOTTER_ACCESS_ALG: 'HS256' },
      said: [/^refused ACCESS_ALG \(from JOTTER_ACCESS_ALG\): HS256 signs with SECRET_KEY/],
    },
    'another algorithm beside SECRET_KEY is taken': {
      given: { JOTTER_ACCESS_ALG: 'EdDSA', SECRET_KEY: 's'.repeat(32) },
      said: [],
    },
    'HS512 needs more of it': {
      given: production({
        ...MASTER,
        ...TELESIGN,
        JOTTER_ACCESS_ALG: 'HS512',
        SECRET_KEY: 's'.repeat(63),
      }),
      said: [/^refused SECRET_KEY .* has 63 bytes; at least 64 are needed/],
    },
    'a public key is none, in development too': {
      given: { SECRET_KEY: PUBLIC_KEY },
      said: [/^refused SECRET_KEY .* no HMAC secret/],
    },
  },
}

for (const [rule, cases] of Object.entries(CASES)) {
  describe(rule, () => {
    for (const [name, { given, said }] of Object.entries(cases)) {
      test(name, () => {
        const found = findings(given)
        assert.equal(found.length, said.length, found.join('\n'))
        for (const [i, line] of said.entries()) assert.match(found[i] as string, line)
      })
    }
  })
}

test('loopback is localhost, 127.0.0.0/8 and ::1, and no other spelling of them', () => {
  const loopback = ['localhost', '127.0.0.1', '127.0.0.53', '127.255.255.255', '::1']
  const other = ['0.0.0.0', '::', '127.1', '127.0.0.1.example.com', '127.0.0.1 ', '10.0.0.1']
  other.push('::ffff:127.0.0.1', '[::1]', 'localhost.', '128.0.0.1', '0x7f.0.0.1', '2130706433')
  assert.deepEqual([...loopback, ...other].filter(isLoopback), loopback)
})
