import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, test } from 'node:test'
import { makeFolder } from '../support/cli.ts'
import { startPostgres } from '../support/postgres.ts'
import { CUSTOMER } from '../support/service.ts'

const server = await startPostgres({ after })

/** A database that is not migrated: what names it, how it is shown, and one statement in it. */
const ENGINES = {
  async 'a SQLite file'(path: string) {
    const file = join(path, 'data', 'jotter.db')
    return {
      environment: {},
      shown: `sqlite:${file}`,
      async change(sql: string) {
        using db = new DatabaseSync(file)
        db.exec(sql)
      },
    }
  },
  async PostgreSQL() {
    const { url, name, query } = await server.createDatabase()
    return {
      environment: { DATABASE_URL: url, JOTTER_MASTER_KEY: 'm'.repeat(32), ...CUSTOMER },
      shown: `postgres://jotter@127.0.0.1:${server.port}/${name}`,
      change: async (sql: string) => void (await query(sql)),
    }
  },
}

for (const [engine, open] of Object.entries(ENGINES)) {
  describe(`migrations of ${engine}`, { concurrency: 1 }, async () => {
    const { path, jotter } = makeFolder({ after })
    const { environment, shown, change } = await open(path)
    const migrate = (...args: string[]) => jotter(['migrate', ...args], { environment })

    test('are all missing at first, and looking makes nothing', async () => {
      for (let i = 0; i < 2; i += 1) {
        const { code, stdout, stderr } = await migrate('status')
        assert.equal(code, 3)
        assert.match(stdout, /^VERSION +NAME +APPLIED\n0001 +transactions +-\n/)
        assert.equal(stderr, `store  ${shown}\nnext   jotter migrate up\n`)
      }
    })

    test('are applied once', async () => {
      const first = await migrate('up', '--json')
      assert.equal(first.code, 0, first.stderr)
      assert.deepEqual(JSON.parse(first.stdout).applied[0], { version: 1, name: 'transactions' })
      const second = await migrate('up')
      assert.deepEqual(second, {
        code: 0,
        stdout: '',
        stderr: `store  ${shown}\nthe schema is up to date\n`,
      })
    })

    test('are told with their times', async () => {
      const { code, stdout } = await migrate('status', '--json')
      const { current, migrations } = JSON.parse(stdout)
      assert.equal(code, 0)
      assert.equal(current, true)
      assert.ok(Math.abs(Date.parse(migrations[0].applied_at) - Date.now()) < 60_000)
    })

    test('of a newer jotter are a conflict', async () => {
      await change("INSERT INTO schema_migrations VALUES (9999, 'later', 'of-later', 0)")
      for (const verb of ['status', 'up']) {
        const { code, stderr } = await migrate(verb)
        assert.equal(code, 5)
        assert.match(stderr, /^error: the database has migration 9999 \(later\), .* it is newer$/m)
      }
      await change('DELETE FROM schema_migrations WHERE version = 9999')
    })

    test('that are missing stop commands, which do not apply them', async () => {
      await change('DELETE FROM schema_migrations WHERE version = 1')
      const { code, stderr } = await jotter(['api-keys', 'list'], { environment })
      assert.equal(code, 5)
      assert.match(stderr, /^error: the schema of .* is older than this jotter$/m)
      assert.match(stderr, /^ {2}try {4}jotter migrate up /m)
    })
  })
}

test('a database in memory has none', async () => {
  const { jotter } = makeFolder({ after })
  const { code } = await jotter(['migrate', 'status', '--database-url', 'memory:'])
  assert.equal(code, 2)
})

test('a server that cannot be reached is exit code 6, and its password is not told', async () => {
  const { jotter } = makeFolder({ after })
  const environment = { DATABASE_URL: 'postgres://jotter:hunter2@127.0.0.1:1/jotter' }
  for (const args of [['migrate', 'status'], ['migrate', 'up'], ['serve'], ['api-keys', 'list']]) {
    const { code, stdout, stderr } = await jotter(args, { environment })
    assert.equal(code, 6)
    assert.match(stderr, /cannot open the database postgres:\/\/jotter@127\.0\.0\.1:1\/jotter: /)
    assert.match(stderr, /^ {2}from {3}DATABASE_URL \(DATABASE_URL\)$/m)
    assert.doesNotMatch(stdout + stderr, /hunter2/)
  }
  const { stdout, stderr } = await jotter(['config', 'show'], { environment })
  assert.match(stdout, /postgres:\/\/jotter@127\.0\.0\.1:1\/jotter/)
  assert.doesNotMatch(stdout + stderr, /hunter2/)
})
