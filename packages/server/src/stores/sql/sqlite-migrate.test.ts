import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { temporaryFile } from '../../../../../test/stores/open.ts'
import { MigrationError, readMigrations } from './migrations.ts'
import { migrateSqlite } from './sqlite-migrate.ts'

const NOW = 1_800_000_000_000

const migration = (version: number, sql: string) => ({
  version,
  name: `number-${version}`,
  sql,
  checksum: `checksum of ${sql}`,
})
const A = migration(1, 'CREATE TABLE a (x TEXT)')
const B = migration(2, 'CREATE TABLE b (x TEXT)')

const tablesOf = (db: DatabaseSync) =>
  db
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    .all()
    .map(({ name }) => name)
const appliedTo = (db: DatabaseSync) =>
  db
    .prepare('SELECT version, applied_at FROM schema_migrations ORDER BY version')
    .all()
    .map(({ version, applied_at }) => [version, applied_at])

test('the migrations of this jotter are numbered from 1 without a gap', () => {
  const versions = readMigrations().map(({ version }) => version)
  assert.deepEqual(
    versions,
    versions.map((_, i) => i + 1),
  )
})

test('a new database gets all of them, and a second start none', () => {
  using db = new DatabaseSync(':memory:')
  migrateSqlite(db, NOW)
  const tables = tablesOf(db)
  assert.ok(tables.includes('transactions') && tables.includes('api_keys'))
  migrateSqlite(db, NOW + 1)
  assert.deepEqual(tablesOf(db), tables)
  assert.ok(appliedTo(db).every(([, at]) => at === NOW))
})

test('an older database gets what it lacks', () => {
  using db = new DatabaseSync(':memory:')
  migrateSqlite(db, NOW, [A])
  migrateSqlite(db, NOW + 1, [A, B])
  assert.deepEqual(tablesOf(db), ['a', 'b', 'schema_migrations'])
  assert.deepEqual(appliedTo(db), [
    [1, NOW],
    [2, NOW + 1],
  ])
})

test('F-21 a migration that fails leaves nothing of itself, and those before it', () => {
  using db = new DatabaseSync(':memory:')
  const broken = migration(3, 'CREATE TABLE c (x TEXT); CREATE TABLE a (x TEXT)')
  assert.throws(() => migrateSqlite(db, NOW, [A, B, broken]), /already exists/)
  assert.deepEqual(tablesOf(db), ['a', 'b', 'schema_migrations'])
  migrateSqlite(db, NOW + 1, [A, B, migration(3, 'CREATE TABLE c (x TEXT)')])
  assert.deepEqual(appliedTo(db), [
    [1, NOW],
    [2, NOW],
    [3, NOW + 1],
  ])
})

test('a database without one in the middle gets that one', () => {
  using db = new DatabaseSync(':memory:')
  const C = migration(3, 'CREATE TABLE c (x TEXT)')
  migrateSqlite(db, NOW, [A, C])
  migrateSqlite(db, NOW + 1, [A, B, C])
  assert.deepEqual(tablesOf(db), ['a', 'b', 'c', 'schema_migrations'])
})

test('a database of a newer jotter is refused, and not touched', () => {
  using db = new DatabaseSync(':memory:')
  migrateSqlite(db, NOW, [A, B])
  assert.throws(() => migrateSqlite(db, NOW, [A]), {
    name: 'MigrationError',
    message: /migration 2 \(number-2\), which this jotter does not know/,
  })
  assert.deepEqual(tablesOf(db), ['a', 'b', 'schema_migrations'])
})

test('a migration that was changed after it was applied is refused', () => {
  using db = new DatabaseSync(':memory:')
  migrateSqlite(db, NOW, [A])
  const changed = { ...A, checksum: 'another' }
  assert.throws(() => migrateSqlite(db, NOW, [changed, B]), MigrationError)
  assert.deepEqual(tablesOf(db), ['a', 'schema_migrations'])
})

test('a database that lacks nothing is opened beside a process that is writing to it', () => {
  using file = temporaryFile()
  using writing = new DatabaseSync(file.path)
  migrateSqlite(writing, NOW, [A])
  writing.exec('BEGIN IMMEDIATE')
  using opening = new DatabaseSync(file.path)
  migrateSqlite(opening, NOW, [A])
})
