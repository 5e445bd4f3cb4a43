import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { databaseOf } from './database.ts'
import { distance, readSettings, type SettingSources, SettingsError } from './settings-sources.ts'

const PRODUCTION = { JOTTER_ENV: 'production', JOTTER_MASTER_KEY: 'm'.repeat(32) }

interface Given extends Partial<Pick<SettingSources, 'flags' | 'environment'>> {
  files?: Record<string, string>
  dotEnv?: string
}

function read({ flags = {}, environment = {}, files = {}, dotEnv }: Given) {
  return readSettings({
    flags,
    environment,
    readFile(path) {
      const text = files[path]
      if (text === undefined) throw new Error(`ENOENT: no such file, open '${path}'`)
      return text
    },
    dotEnv: () => dotEnv,
  })
}

function problemsOf(given: Given) {
  try {
    read(given)
  } catch (error) {
    assert.ok(error instanceof SettingsError, String(error))
    return error
  }
  return assert.fail('the settings were taken')
}

describe('a setting is read from the first place that has it', () => {
  const environment = { JOTTER_PORT: '2', JOTTER_PORT_FILE: 'port.txt', PORT: '4' }
  const files = { 'port.txt': '3' }
  /** From the first to the last: everything, then without the place before. */
  const cases: readonly [source: string, value: number, given: Given][] = [
    ['--port', 1, { flags: { port: '1' }, environment, files, dotEnv: 'JOTTER_PORT=5\nPORT=6' }],
    ['JOTTER_PORT', 2, { environment, files, dotEnv: 'JOTTER_PORT=5\nPORT=6' }],
    [
      'JOTTER_PORT_FILE',
      3,
      { environment: { ...environment, JOTTER_PORT: undefined }, files, dotEnv: 'PORT=6' },
    ],
    ['PORT', 4, { environment: { PORT: '4' }, dotEnv: 'JOTTER_PORT=5\nPORT=6' }],
    ['.env', 5, { dotEnv: 'PORT=6\nJOTTER_PORT=5' }],
    ['.env', 6, { dotEnv: 'PORT=6' }],
    ['default', 7519, {}],
  ]
  for (const [source, value, given] of cases) {
    test(`${value} from ${source}`, () => {
      const { settings, origins } = read(given)
      assert.equal(settings.PORT, value)
      assert.equal(origins.PORT, source)
    })
  }

  test('a flag is named as the setting, in small letters with dashes', () => {
    const { settings, origins } = read({ flags: { 'rate-limit-phone': 'off' } })
    assert.equal(settings.RATE_LIMIT_PHONE, undefined)
    assert.equal(origins.RATE_LIMIT_PHONE, '--rate-limit-phone')
  })

  test('nothing at all is called unset', () => {
    const { settings, origins } = read({})
    assert.equal(settings.ISSUER, undefined)
    assert.equal(origins.ISSUER, 'unset')
  })

  test('a text that cannot be read does not fall through to the next place', () => {
    const { problems } = problemsOf({ environment: { JOTTER_PORT: '', PORT: '8080' } })
    assert.deepEqual(
      problems.map(({ setting, source }) => [setting, source]),
      [['PORT', 'JOTTER_PORT']],
    )
  })

  test('names without the prefix count only where the table says so', () => {
    const environment = { DATA: '/', ENV: 'production', RATE_LIMIT: 'off', ADMIN_KEY: 'x' }
    const { settings, origins } = read({ environment, dotEnv: 'DATA=/\nISSUE_ACCESS=key' })
    assert.equal(settings.ENV, 'development')
    assert.deepEqual([settings.DATA, origins.DATA], ['./data', 'default'])
    assert.equal(settings.ISSUE_ACCESS, 'open')
    assert.equal(settings.ADMIN_KEY, undefined)
  })
})

describe('JOTTER_NAME_FILE', () => {
  const secret = 's'.repeat(40)
  const environment = { JOTTER_SECRET_KEY_FILE: '/run/secrets/key' }
  const fileOf = (text: string) => ({ environment, files: { '/run/secrets/key': text } })

  for (const end of ['', '\n', '\r\n']) {
    test(`loses ${JSON.stringify(end)} at its end`, () => {
      assert.equal(read(fileOf(secret + end)).settings.SECRET_KEY, secret)
    })
  }

  test('loses no more than one line end, and no space', () => {
    assert.equal(read(fileOf(`${secret}\n\n`)).settings.SECRET_KEY, `${secret}\n`)
    assert.equal(read(fileOf(` ${secret} \n`)).settings.SECRET_KEY, ` ${secret} `)
  })

  test('that cannot be read is a problem with the name of the variable and the path', () => {
    const { problems } = problemsOf({ environment })
    assert.deepEqual(problems, [
      {
        setting: 'SECRET_KEY',
        source: 'JOTTER_SECRET_KEY_FILE',
        message: "ENOENT: no such file, open '/run/secrets/key'",
      },
    ])
  })

  test('is not opened when a place before it has the setting', () => {
    const { settings } = read({ environment: { ...environment, JOTTER_SECRET_KEY: secret } })
    assert.equal(settings.SECRET_KEY, secret)
  })

  test('works for the profile too, and then .env is not read', () => {
    const { settings } = read({
      environment: { JOTTER_ENV_FILE: 'profile' },
      files: { profile: 'testing\n' },
      dotEnv: 'PORT=1',
    })
    assert.equal(settings.ENV, 'testing')
    assert.equal(settings.PORT, 7519)
  })
})

describe('.env', () => {
  for (const ENV of ['testing', 'production']) {
    test(`is not looked for in the ${ENV} profile`, () => {
      readSettings({
        flags: {},
        environment: { ...PRODUCTION, JOTTER_ENV: ENV },
        readFile: () => '',
        dotEnv: () => assert.fail('.env was read'),
      })
    })
  }

  test('cannot choose the profile, and says so', () => {
    const { settings, warnings } = read({ dotEnv: 'JOTTER_ENV=production' })
    assert.equal(settings.ENV, 'development')
    assert.deepEqual(warnings, ['JOTTER_ENV in .env is not read: set it outside'])
  })

  test('cannot name files, and says so', () => {
    const { settings, warnings } = read({ dotEnv: 'JOTTER_PORT_FILE=port.txt' })
    assert.equal(settings.PORT, 7519)
    assert.deepEqual(warnings, ['JOTTER_PORT_FILE in .env is not read: set it outside'])
  })

  test('that is a folder, as Python makes one, is a warning and no reason to stop', () => {
    const { settings, warnings } = readSettings({
      flags: {},
      environment: {},
      readFile: () => '',
      dotEnv() {
        throw new Error('EISDIR: illegal operation on a directory, read')
      },
    })
    assert.equal(settings.PORT, 7519)
    assert.deepEqual(warnings, ['.env is not read: EISDIR: illegal operation on a directory, read'])
  })

  test('may have comments, quotes and exports', () => {
    const dotEnv = '# a comment\nexport JOTTER_DATA="my data" # more\n\nPORT=\'80\'\n'
    const { settings } = read({ dotEnv })
    assert.deepEqual([settings.DATA, settings.PORT], ['my data', 80])
  })

  test('is named as the source of its problems', () => {
    const { problems } = problemsOf({ dotEnv: 'PORT=http' })
    assert.deepEqual(
      problems.map(({ setting, source }) => [setting, source]),
      [['PORT', '.env']],
    )
  })
})

describe('problems', () => {
  test('are reported all at once, each with its setting and source', () => {
    const error = problemsOf({
      flags: { port: 'http' },
      environment: {
        JOTTER_RATE_LIMIT: 'fast',
        HOST: '0.0.0.0',
        TELESIGN_API_KEY: 'a-key',
        JOTTER_ADMIN_KEY_FILE: '/nowhere',
        DATABASE_URL: 'postgres://user:hunter2/3@db/jotter',
      },
      dotEnv: 'JOTTER_RETENTION_DAYS=forever',
    })
    assert.deepEqual(
      error.problems.map(({ setting, source }) => [setting, source]),
      [
        ['PORT', '--port'],
        ['DATABASE_URL', 'DATABASE_URL'],
        ['ADMIN_KEY', 'JOTTER_ADMIN_KEY_FILE'],
        ['TELESIGN_API_KEY', 'TELESIGN_API_KEY'],
        ['RATE_LIMIT', 'JOTTER_RATE_LIMIT'],
        ['RETENTION_DAYS', '.env'],
        ['HOST', 'HOST'],
      ],
    )
    const [title, ...lines] = error.message.split('\n')
    assert.equal(title, 'the settings cannot be used:')
    assert.deepEqual(
      lines,
      error.problems.map(
        ({ setting, source, message }) => `  ${setting} (from ${source}): ${message}`,
      ),
    )
    assert.doesNotMatch(error.message, /hunter2|a-key/)
  })

  test('of a profile that does not exist hide no others', () => {
    const { problems } = problemsOf({ environment: { JOTTER_ENV: 'prod', PORT: 'http' } })
    assert.deepEqual(
      problems.map(({ setting }) => setting),
      ['ENV', 'PORT'],
    )
  })

  test('of a secret that is there but cannot be read are not taken for a missing one', () => {
    for (const name of ['MASTER_KEY', 'SECRET_KEY']) {
      const { problems } = problemsOf({
        environment: { JOTTER_ENV: 'production', [`JOTTER_${name}_FILE`]: '/nowhere' },
      })
      assert.deepEqual(
        problems.map(({ setting, source }) => [setting, source]),
        [[name, `JOTTER_${name}_FILE`]],
      )
    }
  })
})

describe('a JOTTER_ name that means nothing here', () => {
  const cases = {
    JOTTER_PROT: 'JOTTER_PORT',
    JOTTER_RATELIMIT: 'JOTTER_RATE_LIMIT',
    JOTTER_DATABASE_URI: 'JOTTER_DATABASE_URL',
    JOTTER_TELESIGN_KEY: 'JOTTER_TELESIGN_API_KEY',
    JOTTER_SECRET_KEY_FIEL: 'JOTTER_SECRET_KEY_FILE',
    JOTTER_port: 'JOTTER_PORT',
  }
  for (const [name, meant] of Object.entries(cases)) {
    test(`${name}: did you mean ${meant}?`, () => {
      const { warnings } = read({ environment: { [name]: 'Xq7Zj4' } })
      assert.deepEqual(warnings, [`${name} is no setting of jotter: did you mean ${meant}?`])
    })
  }

  test('is noticed in .env too', () => {
    const { warnings } = read({ dotEnv: 'JOTTER_PROT=1' })
    assert.deepEqual(warnings, ['JOTTER_PROT is no setting of jotter: did you mean JOTTER_PORT?'])
  })

  test('is not one that the command line uses as a client', () => {
    const environment = { JOTTER_URL: 'http://127.0.0.1:7519', JOTTER_API_KEY: 'jot_x' }
    assert.deepEqual(read({ environment }).warnings, [])
  })
})

test('the distance of two names is the number of letters to change, add or drop', () => {
  const cases: readonly [string, string, number][] = [
    ['', '', 0],
    ['PORT', 'PORT', 0],
    ['PORT', '', 4],
    ['', 'PORT', 4],
    ['PROT', 'PORT', 2],
    ['POT', 'PORT', 1],
    ['HOST', 'PORT', 2],
    ['kitten', 'sitting', 3],
  ]
  for (const [from, to, letters] of cases)
    assert.equal(distance(from, to), letters, `${from} ${to}`)
})

describe('the database', () => {
  const urls = { DATABASE_URL: 'sqlite:own.db', DATABASE_TEST_URL: 'sqlite:test.db' }
  const cases: readonly [name: string, environment: Record<string, string>, url: string][] = [
    ['development uses DATABASE_URL', urls, 'sqlite:own.db'],
    ['production uses DATABASE_URL', { ...PRODUCTION, ...urls }, 'sqlite:own.db'],
    ['testing uses DATABASE_TEST_URL', { JOTTER_ENV: 'testing', ...urls }, 'sqlite:test.db'],
    [
      'testing without one uses DATABASE_URL',
      { JOTTER_ENV: 'testing', DATABASE_URL: 'memory:' },
      'memory:',
    ],
    [
      'is a file in DATA by default',
      { JOTTER_DATA: '/srv/jotter' },
      'sqlite:/srv/jotter/jotter.db',
    ],
  ]
  for (const [name, environment, url] of cases) {
    test(name, () => assert.equal(databaseOf(read({ environment }).settings).url, url))
  }
})
