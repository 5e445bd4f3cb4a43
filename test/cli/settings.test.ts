import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { configurationMarkdown, errorsMarkdown } from '../../packages/server/src/docs.ts'
import { makeFolder } from '../support/cli.ts'

const GOOD_SECRET = 'x'.repeat(32)

describe('settings on the command line', { concurrency: 4 }, () => {
  const { jotter } = makeFolder({ after })

  async function refused(args: readonly string[], environment = {}) {
    const { code, stdout, stderr } = await jotter(args, { environment })
    assert.equal(code, 2, stderr)
    assert.equal(stdout, '')
    return stderr
  }

  test('a bad port is refused with its flag', async () => {
    assert.equal(
      await refused(['serve', '--port', '70000']),
      `error: the settings cannot be used: 1 problem
  from   PORT (--port): must be a whole number from 0 to 65535
  try    jotter config docs    lists every setting, what it takes and where it is read from
`,
    )
  })

  test('all problems are reported at once, each with its setting and source', async () => {
    const stderr = await refused(['serve', '--rate-limit', 'often'], {
      PORT: 'http',
      JOTTER_TRUST_PROXY: '1',
      JOTTER_MASTER_KEY_FILE: '/nowhere/master',
    })
    assert.match(stderr, /^error: .*: 4 problems$/m)
    assert.match(stderr, /^ {2}from {3}PORT \(PORT\): /m)
    assert.match(stderr, /^ {2}from {3}RATE_LIMIT \(--rate-limit\): /m)
    assert.match(stderr, /^ {2}from {3}TRUST_PROXY \(JOTTER_TRUST_PROXY\): "1" is no address/m)
    assert.match(stderr, /^ {2}from {3}MASTER_KEY \(JOTTER_MASTER_KEY_FILE\): ENOENT/m)
  })

  test('development is not opened to the network by HOST alone', async () => {
    assert.match(
      await refused(['serve'], { HOST: '0.0.0.0' }),
      /HOST \(HOST\): 0\.0\.0\.0 is reach/,
    )
    const { code } = await jotter(['config', 'check', '--host', '0.0.0.0', '--allow-open'])
    assert.equal(code, 0)
  })

  test('production needs MASTER_KEY or SECRET_KEY', async () => {
    const stderr = await refused(['serve', '--env', 'production'])
    assert.match(stderr, /MASTER_KEY \(unset\): production needs MASTER_KEY or SECRET_KEY/)
  })

  for (const example of ['my_precious', 'secret', 'CHANGEME', 'short']) {
    test(`production refuses the secret ${example}, which development only warns of`, async () => {
      const environment = { SECRET_KEY: example, JOTTER_MASTER_KEY: example }
      const stderr = await refused(['serve'], { ...environment, JOTTER_ENV: 'production' })
      assert.match(stderr, /2 problems/)
      assert.match(stderr, /^ {2}from {3}SECRET_KEY \(SECRET_KEY\): (is a well-known|has 5 bytes)/m)
      assert.match(stderr, /^ {2}from {3}MASTER_KEY \(JOTTER_MASTER_KEY\): /m)
      const { code, stderr: warnings } = await jotter(['config', 'check'], { environment })
      assert.equal(code, 0)
      assert.match(warnings, /^warning: SECRET_KEY/m)
    })
  }

  test('a key that is not base64 is refused with the character that is not', async () => {
    const stderr = await refused(['serve'], {
      TELESIGN_CUSTOMER_ID: 'customer',
      TELESIGN_API_KEY: 'QUJD-UVG',
    })
    assert.match(
      stderr,
      /TELESIGN_API_KEY \(TELESIGN_API_KEY\): has the character "-" at position 5/,
    )
  })

  test('an unknown JOTTER_ name is a warning with the name that was likely meant', async () => {
    const environment = { JOTTER_RATE_LIMT: 'off' }
    const { code, stderr } = await jotter(['config', 'check'], { environment })
    assert.equal(code, 0)
    assert.match(stderr, /^warning: JOTTER_RATE_LIMT is no setting .* mean JOTTER_RATE_LIMIT\?$/m)
  })

  test('config check --json tells every problem to a script', async () => {
    const args = ['config', 'check', '--port', 'x', '--json']
    const { code, stdout } = await jotter(args, { environment: { JOTTER_LOG_LEVEL: 'loud' } })
    assert.equal(code, 2)
    const { ok, problems } = JSON.parse(stdout)
    assert.equal(ok, false)
    assert.deepEqual(
      problems.map((problem: { setting: string; source: string }) => [
        problem.setting,
        problem.source,
      ]),
      [
        ['PORT', '--port'],
        ['LOG_LEVEL', 'JOTTER_LOG_LEVEL'],
      ],
    )
  })

  test('config docs and errors docs print the pages', async () => {
    assert.equal((await jotter(['config', 'docs'])).stdout, configurationMarkdown())
    assert.equal((await jotter(['errors', 'docs'])).stdout, errorsMarkdown())
  })
})

test('config show tells each value, where it comes from, and no secret', async (t) => {
  const { path, jotter } = makeFolder(t)
  writeFileSync(join(path, '.env'), 'JOTTER_RETENTION_DAYS=7\nPORT=8001\n')
  writeFileSync(join(path, 'master'), `${GOOD_SECRET}\n`)
  const environment = {
    JOTTER_MASTER_KEY_FILE: 'master',
    JOTTER_PORT: '8002',
    JOTTER_RATE_LIMIT: 'off',
  }
  const { stdout } = await jotter(['config', 'show', '--json', '--data', 'here'], { environment })
  assert.ok(!stdout.includes(GOOD_SECRET))
  const shown = JSON.parse(stdout)
  assert.deepEqual(shown.PORT, { value: '8002', origin: 'JOTTER_PORT' })
  assert.deepEqual(shown.RETENTION_DAYS, { value: '7', origin: '.env' })
  assert.deepEqual(shown.MASTER_KEY, { value: '********', origin: 'JOTTER_MASTER_KEY_FILE' })
  assert.deepEqual(shown.SECRET_KEY, { value: null, origin: 'unset' })
  assert.deepEqual(shown.RATE_LIMIT, { value: 'off', origin: 'JOTTER_RATE_LIMIT' })
  assert.deepEqual(shown.RATE_LIMIT_PHONE, { value: '10/minute', origin: 'default' })
  assert.deepEqual(shown.DATABASE_URL, { value: 'sqlite:here/jotter.db', origin: '--data' })

  const human = await jotter(['config', 'show'], { environment })
  assert.match(human.stdout, /^SETTING +VALUE +FROM\n/)
  assert.match(human.stdout, /^RETENTION_DAYS +7 +\.env$/m)
})

test('.env is read in development only', async (t) => {
  const { path, jotter } = makeFolder(t)
  writeFileSync(join(path, '.env'), 'JOTTER_RETENTION_DAYS=7\n')
  const environment = { JOTTER_ENV: 'production', JOTTER_MASTER_KEY: GOOD_SECRET }
  const { stdout } = await jotter(['config', 'show', '--json'], { environment })
  assert.deepEqual(JSON.parse(stdout).RETENTION_DAYS, { value: '90', origin: 'default' })
})
