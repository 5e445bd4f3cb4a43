import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import pg from 'pg'
import { startPostgres, type TestDatabase } from '../../../../../test/support/postgres.ts'
import { readMigrations } from './migrations.ts'
import { appliedToPostgres, migratePostgres } from './postgres-migrate.ts'

const server = await startPostgres({ after })
const NOW = 1_800_000_000_000

const migration = (version: number, sql: string) => ({
  version,
  name: `number-${version}`,
  sql,
  checksum: `checksum of ${sql}`,
})
const A = migration(1, 'CREATE TABLE a (x TEXT)')
const B = migration(2, 'CREATE TABLE b (x TEXT)')

async function connect({ url }: TestDatabase) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() })
}

const tablesOf = async (database: TestDatabase) =>
  (
    await database.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
  ).map(({ tablename }) => tablename)

test('a new database gets all of them, and a second start none', async () => {
  await using database = await server.createDatabase()
  await using client = await connect(database)
  await migratePostgres(client, NOW)
  const tables = await tablesOf(database)
  assert.ok(tables.includes('transactions') && tables.includes('api_keys'))
  await migratePostgres(client, NOW + 1)
  assert.deepEqual(await tablesOf(database), tables)
  const applied = await appliedToPostgres(client)
  assert.deepEqual(
    applied?.map(({ version, appliedAt }) => [version, appliedAt]),
    readMigrations().map(({ version }) => [version, NOW]),
  )
})

test('text is compared byte for byte, whatever the language of the database', async () => {
  await using database = await server.createDatabase()
  await using client = await connect(database)
  await migratePostgres(client, NOW)
  const others =
    await database.query(`SELECT table_name, column_name FROM information_schema.columns
    WHERE table_schema = 'public' AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'
      AND table_name <> 'schema_migrations'`)
  assert.deepEqual(others, [])
})

test('of several processes one migrates, and the others wait for it', async () => {
  await using database = await server.createDatabase()
  const slow = [A, migration(2, 'SELECT pg_sleep(0.2); CREATE TABLE b (x TEXT)')]
  await Promise.all(
    [1, 2, 3, 4].map(async (node) => {
      await using client = await connect(database)
      await migratePostgres(client, NOW + node, slow)
      assert.equal((await appliedToPostgres(client))?.length, 2)
    }),
  )
  assert.deepEqual(await tablesOf(database), ['a', 'b', 'schema_migrations'])
})

test('F-21 a migration that fails leaves nothing of itself, and those before it', async () => {
  await using database = await server.createDatabase()
  await using client = await connect(database)
  const broken = migration(3, 'CREATE TABLE c (x TEXT); CREATE TABLE a (x TEXT)')
  await assert.rejects(migratePostgres(client, NOW, [A, B, broken]), /already exists/)
  assert.deepEqual(await tablesOf(database), ['a', 'b', 'schema_migrations'])
  await migratePostgres(client, NOW, [A, B, migration(3, 'CREATE TABLE c (x TEXT)')])
  assert.deepEqual(await tablesOf(database), ['a', 'b', 'c', 'schema_migrations'])
})

test('F-21 a process that is killed while it migrates leaves what was through, and the next goes on', async () => {
  await using database = await server.createDatabase()
  await using client = await connect(database)
  client.on('error', () => {})
  const endless = migration(2, 'CREATE TABLE b (x TEXT); SELECT pg_sleep(60)')
  const migrating = assert.rejects(migratePostgres(client, NOW, [A, endless]))
  const kill = `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND query LIKE '%pg_sleep(60)' AND pid <> pg_backend_pid()`
  while ((await database.query(kill)).length === 0);
  await migrating
  assert.deepEqual(await tablesOf(database), ['a', 'schema_migrations'])
  await using next = await connect(database)
  await migratePostgres(next, NOW, [A, B])
  assert.deepEqual(await tablesOf(database), ['a', 'b', 'schema_migrations'])
})

test('a database without one in the middle gets that one', async () => {
  await using database = await server.createDatabase()
  await using client = await connect(database)
  const C = migration(3, 'CREATE TABLE c (x TEXT)')
  await migratePostgres(client, NOW, [A, C])
  await migratePostgres(client, NOW + 1, [A, B, C])
  assert.deepEqual(await tablesOf(database), ['a', 'b', 'c', 'schema_migrations'])
})

test('a database of a newer jotter is refused, and not touched', async () => {
  await using database = await server.createDatabase()
  await using client = await connect(database)
  await migratePostgres(client, NOW, [A, B])
  await assert.rejects(migratePostgres(client, NOW, [A]), {
    name: 'MigrationError',
    message: /migration 2 \(number-2\), which this jotter does not know/,
  })
  const changed = { ...A, checksum: 'another' }
  await assert.rejects(migratePostgres(client, NOW, [changed, B]), { name: 'MigrationError' })
  assert.deepEqual(await tablesOf(database), ['a', 'b', 'schema_migrations'])
})
