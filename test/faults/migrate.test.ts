/** The process is killed while it brings the schema up to date. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { constants, DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { migrateSqlite } from '../../packages/server/src/stores/sql/sqlite-migrate.ts'
import { NPM_START } from '../../scripts/npm-start.ts'
import { openSandbox } from '../support/process.ts'
import { WITH_LATER } from './later-migrations.ts'
import { seededRandom } from './random.ts'

/** How often each migration is killed at a place of chance, beside its last one. */
const KILLS = process.env.JOTTER_TEST_LONG === undefined ? 2 : 40
const STOPPING = fileURLToPath(new URL('./migrate-and-stop.ts', import.meta.url))

for (const [start, prepare] of [
  ['an empty file', () => {}],
  ['an older schema with rows in it', withRows],
] as const) {
  test(`F-21 an upgrade of ${start} killed at any place leaves whole migrations, and goes on`, async (t) => {
    const random = seededRandom(t)
    const sandbox = openSandbox(t)
    const original = join(sandbox.folder, 'original.db')
    const path = join(sandbox.folder, 'jotter.db')
    {
      using db = new DatabaseSync(original)
      prepare(db)
    }
    const whole = statesOf(original, join(sandbox.folder, 'step.db'))
    // How often it was killed before the first migration was through, before the second, ...
    const kills = whole.map(() => 0)
    const killAt = async (place: number) => {
      inWal(original, path)
      const child = sandbox.run(process.execPath, [STOPPING, path, String(place)], {
        env: { ...process.env, ...NPM_START.env },
      })
      let said = ''
      child.stdout?.on('data', (text) => {
        said += text
        if (said === 'stopped') child.kill('SIGKILL')
      })
      await once(child, 'close')
      return said || String(child.stderr?.read())
    }
    let begin = 1
    for (const end of endsOf(original, path)) {
      const places = Array.from(
        { length: KILLS },
        () => begin + Math.floor(random() * (end - begin)),
      )
      for (const place of [...places, end]) await demandWhole(place)
      begin = end + 1
    }

    async function demandWhole(place: number) {
      assert.equal(await killAt(place), 'stopped')
      const left = contents(path)
      const state = whole.findIndex((one) => isDeepStrictEqual(one, left))
      assert.notEqual(state, -1, `killed at place ${place}: ${JSON.stringify(left)}`)
      kills[state] = (kills[state] as number) + 1
      assert.deepEqual(migrated(path), whole.at(-1), `after it was killed at place ${place}`)
    }
    t.diagnostic(`kills by how many migrations were through: ${kills}`)
    assert.equal(await killAt(0), 'through')
    assert.deepEqual(contents(path), whole.at(-1))
    assert.ok(kills.slice(0, -1).every((count) => count > 0))
  })
}

function withRows(db: DatabaseSync): void {
  migrateSqlite(db, 0, WITH_LATER.slice(0, -2))
  db.exec("INSERT INTO customers (id, created_at) VALUES ('a', 1), ('b', 2)")
}

/** A copy of `original` in the mode that the service has. */
function inWal(original: string, path: string): void {
  copyFileSync(original, path)
  using db = new DatabaseSync(path)
  db.exec('PRAGMA journal_mode = WAL')
}

/** The last place of each migration: the permission to write that it was applied. */
function endsOf(original: string, path: string): number[] {
  inWal(original, path)
  using db = new DatabaseSync(path)
  const ends: number[] = []
  let place = 0
  db.setAuthorizer((action, table) => {
    place += 1
    if (action === constants.SQLITE_INSERT && table === 'schema_migrations') ends.push(place)
    return constants.SQLITE_OK
  })
  migrateSqlite(db, 0, WITH_LATER)
  return ends
}

/** The contents of the file at `path` as it is, and after each migration that it lacks. */
function statesOf(path: string, copy: string) {
  copyFileSync(path, copy)
  const states = [contents(copy)]
  for (let count = 1; count <= WITH_LATER.length; count += 1) {
    const before = states.at(-1)?.applied
    if (before && before.length >= count) continue
    states.push(migrated(copy, count))
  }
  return states
}

function migrated(path: string, count = WITH_LATER.length) {
  {
    using db = new DatabaseSync(path)
    migrateSqlite(db, 0, WITH_LATER.slice(0, count))
  }
  return contents(path)
}

/** The schema, the record of it, and the rows that the later migrations touch. */
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
