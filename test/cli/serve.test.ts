import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeFolder } from '../support/cli.ts'

describe('jotter serve', { concurrency: 4 }, () => {
  test('the first start prints an admin key once, the second finds everything again', async (t) => {
    const { path, serve } = makeFolder(t)
    const first = await serve()
    const key = await first.adminKey()
    const token = await (await fetch(`${first.address}/v1/token/15555551212/order-1`)).text()
    assert.equal(await first.stop('SIGTERM'), 0)
    assert.ok(!first.written.stdout.includes(key), 'the key is not in the log')
    assert.equal(statSync(join(path, 'data')).mode & 0o777, 0o700)

    const second = await serve()
    const headers = { authorization: `Bearer ${key}` }
    const answer = await fetch(`${second.address}/v1/transactions/order-1`, { headers })
    assert.equal(((await answer.json()) as { token: string }).token, token)
    assert.equal(second.written.stderr, '')
    assert.equal(await second.stop('SIGINT'), 0)
  })

  test('npm and the terminal both pass on one Ctrl-C, and the stop stays clean', async (t) => {
    const { serve } = makeFolder(t)
    const { pid, stop } = await serve()
    const ended = stop('SIGINT')
    process.kill(pid, 'SIGINT')
    assert.equal(await ended, 0)
  })

  test('a signal while it starts is not lost', async (t) => {
    const { path, start } = makeFolder(t)
    const { child } = start(['serve', '--port', '0'])
    const closed = once(child, 'close')
    while (!existsSync(join(path, 'data'))) await sleep(5)
    child.kill('SIGTERM')
    assert.deepEqual(await closed, [0, null])
  })

  test('warnings go into the log where there is no terminal', async (t) => {
    const { serve } = makeFolder(t)
    const { written } = await serve({ JOTTER_LOG_REQUEST: 'all', SECRET_KEY: 'my_precious' })
    const warnings = written.stdout
      .split('\n')
      .filter((line) => line.includes('"level":"warn"'))
      .map((line) => JSON.parse(line).msg)
    assert.equal(warnings.length, 2)
    assert.match(warnings[0], /did you mean JOTTER_LOG_REQUESTS\?/)
    assert.match(warnings[1], /^SECRET_KEY \(from SECRET_KEY\): is a well-known example/)
  })

  test('a port in use', async (t) => {
    const { jotter } = makeFolder(t)
    const taken = createServer().listen(0, '127.0.0.1')
    t.after(() => taken.close())
    await new Promise((resolve) => taken.once('listening', resolve))
    const { port } = taken.address() as { port: number }
    const { code, stderr } = await jotter(['serve', '--port', String(port)])
    assert.equal(code, 5)
    assert.equal(
      stderr.slice(stderr.indexOf('error:')),
      `error: cannot listen on 127.0.0.1:${port}: the port is in use
  from   PORT (--port)
  try    jotter serve --port 0    takes a free one
`,
    )
  })

  test('a start that fails after it listens ends, and leaves no server behind', async (t) => {
    const { path, serve, jotter } = makeFolder(t)
    const first = await serve({ JOTTER_ADMIN_KEY: 'a'.repeat(32) })
    await first.stop()
    using db = new DatabaseSync(join(path, 'data/jotter.db'))
    db.exec(`CREATE TRIGGER no_keys BEFORE INSERT ON api_keys BEGIN SELECT RAISE(ABORT, 'no'); END`)
    const { code, stderr } = await jotter(['serve', '--port', '0'])
    assert.equal(code, 6)
    assert.match(stderr, /^error: cannot open the database/m)
  })

  test('an address that this machine does not have', async (t) => {
    const { jotter } = makeFolder(t)
    const environment = { HOST: '192.0.2.1', JOTTER_ALLOW_OPEN: '1' }
    const { code, stderr } = await jotter(['serve', '--port', '0'], { environment })
    assert.equal(code, 2)
    assert.match(stderr, /^ {2}from {3}HOST \(HOST\)$/m)
  })

  test('a data folder that is a file', async (t) => {
    const { path, jotter } = makeFolder(t)
    writeFileSync(join(path, 'data'), '')
    const { code, stderr } = await jotter(['serve', '--port', '0'])
    assert.equal(code, 6)
    assert.match(stderr, /^error: cannot use the data folder: .*\n {2}from {3}DATA \(default\)\n/)
  })

  test('a database that is none', async (t) => {
    const { path, jotter } = makeFolder(t)
    mkdirSync(join(path, 'data'))
    writeFileSync(join(path, 'data', 'jotter.db'), 'this is no database. '.repeat(100))
    for (const line of [
      ['serve', '--port', '0'],
      ['tx', 'list'],
    ]) {
      const { code, stderr } = await jotter(line)
      assert.equal(code, 6)
      assert.match(
        stderr,
        /^error: cannot open the database .*jotter\.db: file is not a database$/m,
      )
    }
  })

  test('a damaged customer file is named, and not quoted', async (t) => {
    const { path, jotter } = makeFolder(t)
    mkdirSync(join(path, 'data'))
    writeFileSync(join(path, 'data', 'telesign.json'), '{"api_key": "c2VjcmV0', { mode: 0o600 })
    const { code, stderr } = await jotter(['serve', '--port', '0'])
    assert.equal(code, 6)
    assert.match(stderr, /^error: .*telesign\.json is damaged/)
    assert.ok(!stderr.includes('c2Vjc'))
  })

  test('a database of a newer jotter is left alone', async (t) => {
    const { path, jotter, serve } = makeFolder(t)
    await (await serve()).stop()
    const file = join(path, 'data', 'jotter.db')
    const db = new DatabaseSync(file)
    db.exec("INSERT INTO schema_migrations VALUES (9999, 'of-the-future', 'x', 0)")
    db.close()
    const before = readFileSync(file)
    for (const line of [
      ['serve', '--port', '0'],
      ['tx', 'list'],
    ]) {
      const { code, stderr } = await jotter(line)
      assert.equal(code, 5)
      assert.match(stderr, /^error: the database has migration 9999 .* newer$/m)
    }
    assert.ok(before.equals(readFileSync(file)))
  })

  test('a command does not bring an older schema up to date under a server', async (t) => {
    const { path, jotter, serve } = makeFolder(t)
    await (await serve()).stop()
    const db = new DatabaseSync(join(path, 'data', 'jotter.db'))
    db.exec('DELETE FROM schema_migrations')
    const { code, stderr } = await jotter(['api-keys', 'list'])
    assert.equal(code, 5)
    assert.match(stderr, /^error: the schema of .*jotter\.db is older than this jotter$/m)
    assert.equal(db.prepare('SELECT count(*) AS n FROM schema_migrations').get()?.n, 0)
    db.close()
  })
})
