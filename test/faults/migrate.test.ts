/** The process is killed while it brings the schema up to date. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { migrateSqlite } from '../../packages/server/src/stores/sql/sqlite-migrate.ts'
import { openSandbox } from '../support/process.ts'
import { seededRandom } from './random.ts'

const STOPPING = fileURLToPath(new URL('./migrate-and-stop.ts', import.meta.url))

for (const [start, prepare] of [
  ['an empty file', () => {}],
  ['an older schema with rows in it', withRows],
] as const) {
  test(`F-21 an upgrade of ${start} killed at any place is as if it had not begun`, async (t) => {
    const random = seededRandom(t)
    const sandbox = openSandbox(t)
    const path = join(sandbox.folder, 'jotter.db')
    {
      using db = new DatabaseSync(path)
      db.exec('PRAGMA journal_mode = WAL')
      prepare(db)
    }
    const before = contents(path)
    let kills = 0
    for (let place = 1; ; place += 1 + Math.floor(random() * 12)) {
      const child = sandbox.run(process.execPath, [STOPPING, path, String(place)])
      let said = ''
      child.stdout?.on('data', (text) => {
        said += text
        if (said === 'stopped') child.kill('SIGKILL')
      })
      await once(child, 'close')
      if (said === 'through') break
      assert.equal(said, 'stopped', String(child.stderr?.read()))
      assert.deepEqual(contents(path), before, `killed at place ${place}`)
      kills += 1
    }
    t.diagnostic(`${kills} kills, then it went through`)
    assert.notDeepEqual(contents(path), before)
  })
}

function withRows(db: DatabaseSync): void {
  migrateSqlite(db, 0)
  db.exec("INSERT INTO customers (id, created_at) VALUES ('a', 1), ('b', 2)")
}

/** The schema, the record of it, and the rows that LATER would touch. */
function contents(path: string) {
  using db = new DatabaseSync(path)
  assert.equal(db.prepare('PRAGMA integrity_check').get()?.integrity_check, 'ok')
  const schema = db.prepare('SELECT name, sql FROM sqlite_schema ORDER BY name').all()
  const has = (table: string) => schema.some(({ name }) => name === table)
  return {
    schema,
    applied: has('schema_migrations') && db.prepare('SELECT * FROM schema_migrations').all(),
    customers: has('customers') && db.prepare('SELECT * FROM customers').all(),
  }
}
