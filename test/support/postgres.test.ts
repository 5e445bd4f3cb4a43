/** The server that other tests rely on is a real one, and nothing of it stays behind. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startPostgres } from './postgres.ts'

const server = await startPostgres({ after })

test('it syncs, sorts as people do, and every test has a database of its own', async () => {
  await using one = await server.createDatabase()
  await using other = await server.createDatabase()
  const [row] = await one.query(`SELECT current_setting('fsync') AS fsync, 'a' < 'B' AS people,
    current_setting('synchronous_commit') AS commit`)
  assert.deepEqual(row, { fsync: 'on', people: true, commit: 'on' })
  await one.query('CREATE TABLE a (id INTEGER)')
  assert.deepEqual(await other.query("SELECT to_regclass('a') AS a"), [{ a: null }])
})

test('after a power cut it starts again with what was committed', async () => {
  await using database = await server.createDatabase()
  await database.query('CREATE TABLE a AS SELECT 1 AS id')
  const { pid } = server
  await server.stop('immediate')
  await assert.rejects(database.query('SELECT 1'))
  await server.start()
  assert.notEqual(server.pid, pid)
  assert.deepEqual(await database.query('SELECT * FROM a'), [{ id: 1 }])
})

test('neither it nor its folder outlives a test process that is killed', async () => {
  const owner = spawn(process.execPath, [
    '--conditions=source',
    '--input-type=module',
    '--eval',
    `const { startPostgres } = await import('${new URL('./postgres.ts', import.meta.url)}')
     const { pid, folder } = await startPostgres({ after() {} })
     process.stdout.write(pid + ' ' + folder)
     setInterval(() => {}, 1000)`,
  ])
  const [said] = await once(owner.stdout, 'data')
  const [pid, folder] = String(said).split(' ') as [string, string]
  const left = () => ({ process: isAlive(Number(pid)), folder: existsSync(folder) })
  assert.deepEqual(left(), { process: true, folder: true })
  owner.kill('SIGKILL')
  for (let i = 0; i < 100 && left().folder; i += 1) await sleep(50)
  assert.deepEqual(left(), { process: false, folder: false })
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
