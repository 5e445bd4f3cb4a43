/** A migration that is cut in two, and files that this version must not touch. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import {
  MigrationError,
  migrate,
  readMigrations,
} from '../../packages/server/src/stores/sql/migrate.ts'
import { exitOf, openSandbox } from '../support/process.ts'
import { LATER } from './migrate-and-stop.ts'
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
      const [said] = await once(child.stdout as NonNullable<typeof child.stdout>, 'data')
      const through = String(said) === 'through'
      if (!through) child.kill('SIGKILL')
      await exitOf(child)
      if (through) break
      assert.deepEqual(contents(path), before, `killed at place ${place}`)
      kills += 1
    }
    t.diagnostic(`${kills} kills, then it went through`)
    assert.notDeepEqual(contents(path), before)
  })
}

test('F-21 a migration with a statement that fails changes nothing', (t) => {
  const { path, db } = migrated(t)
  const before = contents(path)
  const failing = { ...LATER, sql: `${LATER.sql} INSERT INTO nowhere VALUES (1);` }
  assert.throws(() => migrate(db, 0, [...readMigrations(), failing]), /no such table: nowhere/)
  assert.deepEqual(contents(path), before)
})

test('F-21 a schema of a later version is refused and left alone', (t) => {
  const { path, db } = migrated(t)
  migrate(db, 0, [...readMigrations(), LATER])
  const before = contents(path)
  assert.throws(() => migrate(db, 0), MigrationError)
  assert.deepEqual(contents(path), before)
})

test('F-21 a migration that was changed after it was applied is refused', (t) => {
  const { path, db } = migrated(t)
  const before = contents(path)
  const changed = readMigrations().map((migration) => ({ ...migration, checksum: 'another' }))
  assert.throws(() => migrate(db, 0, changed), MigrationError)
  assert.deepEqual(contents(path), before)
})

function migrated(t: TestContext) {
  const path = join(openSandbox(t).folder, 'jotter.db')
  const db = new DatabaseSync(path)
  t.after(() => db.close())
  withRows(db)
  return { path, db }
}

function withRows(db: DatabaseSync): void {
  migrate(db, 0)
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
