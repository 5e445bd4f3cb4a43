import assert from 'node:assert/strict'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeFolder, type Running } from '../support/cli.ts'

describe('API keys beside a running server', { concurrency: 1 }, () => {
  const { path, jotter, serve } = makeFolder({ after })
  let server: Running
  before(async () => {
    server = await serve()
  })

  const status = async (key: string) =>
    (
      await fetch(`${server.address}/v1/transactions`, {
        headers: { authorization: `Bearer ${key}` },
      })
    ).status

  test('a key that the command makes is taken, and one that it deletes refused in a second', async () => {
    const made = await jotter([
      'api-keys',
      'create',
      '--name',
      'ci',
      '--scope',
      'transactions:read',
    ])
    assert.equal(made.code, 0)
    assert.match(made.stdout, /^jot_[0-9a-f]{12}_[\w-]{43}\n$/)
    const [first, ...rest] = made.stderr.split('\n')
    assert.equal(first, `store  sqlite:${join(path, 'data', 'jotter.db')}`)
    const [, id, secret] = /^(?=.*jot_([0-9a-f]{12}))(\S+)/.exec(made.stdout) as unknown as string[]
    assert.deepEqual(rest, [
      `API key ${id} (ci) for transactions:read: never expires`,
      'its secret is shown this once',
      'next   jotter api-keys list',
      '',
    ])
    assert.equal(await status(secret as string), 200)

    const deleted = await jotter(['api-keys', 'delete', id as string])
    const deadline = performance.now() + 1000
    assert.equal(deleted.code, 0)
    assert.equal(deleted.stdout, '')
    assert.match(deleted.stderr, /^next {3}jotter api-keys list$/m)
    while ((await status(secret as string)) === 200) {
      assert.ok(performance.now() < deadline, 'still taken after a second')
      await sleep(50)
    }

    const again = await jotter(['api-keys', 'delete', id as string])
    assert.equal(again.code, 4)
    assert.match(again.stderr, new RegExp(`^error: No such API key\n {2}from {3}id ${id}\n`, 'm'))
  })

  test('the list comes in pages, each of which says how to get the next', async () => {
    for (const name of ['one', 'two', 'three']) {
      await jotter(['api-keys', 'create', '--name', name, '--scope', 'clients'])
    }
    const first = await jotter(['api-keys', 'list', '-q', '--limit', '2'])
    assert.equal(first.stdout.split('\n').length, 3)
    const [, after = ''] = /^more {3}the same with --after (\S+)$/m.exec(first.stderr) ?? []
    const second = await jotter(['api-keys', 'list', '-q', '--limit', '200', '--after', after])
    assert.ok(!second.stderr.includes('more'))
    const all = await jotter(['api-keys', 'list', '-q'])
    assert.equal(first.stdout + second.stdout, all.stdout)
    assert.equal((await jotter(['api-keys', 'list', '--limit', '0'])).code, 2)
  })

  test('the list shows no secret, and -q ids only', async () => {
    const args = ['api-keys', 'create', '--name', 'list', '--scope', 'metrics,users', '--json']
    const made = JSON.parse((await jotter([...args, '--expires', '90d'])).stdout)
    const human = await jotter(['api-keys', 'list'])
    assert.match(human.stdout, /^ID +NAME +SCOPES +CREATED +EXPIRES\n/)
    assert.match(human.stdout, new RegExp(`^${made.id} +list +metrics,users +\\S.* +in 89d$`, 'm'))
    const ids = (await jotter(['api-keys', 'list', '-q'])).stdout.trim().split('\n')
    assert.ok(ids.includes(made.id))

    const { items } = JSON.parse((await jotter(['api-keys', 'list', '--json'])).stdout)
    const { secret, ...listed } = made
    assert.deepEqual(
      items.find((key: { id: string }) => key.id === made.id),
      listed,
    )
    assert.ok(!human.stdout.includes(secret))
  })

  test('a name cannot act on the terminal', async () => {
    const name = 'red\u001b[31m\u202e'
    await jotter(['api-keys', 'create', '--name', name, '--scope', 'metrics'])
    const { stdout } = await jotter(['api-keys', 'list'])
    assert.ok(stdout.includes('red\\u001b[31m\\u202e'), stdout)
  })

  test('wrong wishes are refused before anything is opened', async () => {
    const create = ['api-keys', 'create', '--name', 'x', '--scope', 'metrics']
    for (const args of [
      ['api-keys', 'create', '--name', 'x'],
      ['api-keys', 'create', '--name', '', '--scope', 'metrics'],
      [...create, '--expires', 'soon'],
      [...create, '--expires', '2020-01-01'],
      [...create, '--url', 'http://127.0.0.1:1', '--data', 'data'],
    ]) {
      const { code, stdout, stderr } = await jotter(args)
      assert.equal(code, 2, stderr)
      assert.equal(stdout, '')
      assert.ok(stderr.startsWith('error: '), stderr)
    }
  })

  test('the same commands work on the server elsewhere', async () => {
    const environment = { JOTTER_URL: server.address, JOTTER_ADMIN_KEY: await server.adminKey() }
    const remote = (...args: string[]) => jotter(args, { environment })
    const made = await remote('api-keys', 'create', '--name', 'far', '--scope', 'transactions:read')
    assert.equal(made.code, 0)
    const [first] = made.stderr.split('\n')
    assert.equal(first, `server ${server.address}, with the key of JOTTER_ADMIN_KEY`)

    const far = await remote('api-keys', 'list', '--json')
    const near = await jotter(['api-keys', 'list', '--json'])
    assert.equal(far.stdout, near.stdout)

    const limited = await jotter(['api-keys', 'list', '--url', server.address], {
      environment: { ...environment, JOTTER_API_KEY: made.stdout.trim() },
    })
    assert.equal(limited.code, 7)
    assert.match(limited.stderr, /^error: The API key lacks the scope .*needs the scope admin$/m)
    assert.match(limited.stderr, /^ {2}from {3}JOTTER_API_KEY$/m)

    const missing = await remote('api-keys', 'delete', 'ffffffffffff')
    assert.equal(missing.code, 4)
    const anonymous = await jotter(['tx', 'list', '--url', server.address])
    assert.equal(anonymous.code, 7)
    assert.match(anonymous.stderr, /^ {2}from {3}JOTTER_API_KEY, JOTTER_ADMIN_KEY \(unset\)$/m)
  })
})

describe('a store that is not there', { concurrency: 4 }, () => {
  const { path, jotter } = makeFolder({ after })

  for (const line of [
    'tx list',
    'tx show order-1',
    'api-keys list',
    'api-keys create --name x --scope admin',
    'users list',
    'users create x --email x@example.com --password-file password',
    'token issue --phone 15555551212',
    'token verify x.y.z',
  ]) {
    test(`${line} makes no database and no folder`, async () => {
      const { code, stdout, stderr } = await jotter(line.split(' '))
      const file = join(path, 'data', 'jotter.db')
      assert.equal(code, 6)
      assert.equal(stdout, '')
      assert.equal(
        stderr,
        `store  sqlite:${file}
error: there is no database at ${file}
  from   DATA (default)
  try    jotter serve    makes one; --data or --database-url names another
`,
      )
      assert.ok(!readdirSync(path).includes('data'))
    })
  }

  test('a database in memory is refused', async () => {
    const { code, stderr } = await jotter(['tx', 'list', '--database-url', 'memory:'])
    assert.equal(code, 2)
    assert.match(stderr, /^error: a database in memory is seen by its own server only$/m)
  })

  test("another program's database is left as it is", async () => {
    const file = join(path, 'other.db')
    const db = new DatabaseSync(file)
    db.exec('CREATE TABLE mine (id INTEGER)')
    const { code } = await jotter(['tx', 'list', '--database-url', 'sqlite:other.db'])
    assert.equal(code, 6)
    const tables = db.prepare('SELECT name FROM sqlite_schema').all()
    db.close()
    assert.deepEqual(
      tables.map(({ name }) => name),
      ['mine'],
    )
  })

  test('a server that is not there', async () => {
    const { code, stderr } = await jotter(['tx', 'list', '--url', 'http://127.0.0.1:1'])
    assert.equal(code, 6)
    assert.match(stderr, /^error: cannot reach http:\/\/127\.0\.0\.1:1: /m)
    assert.match(stderr, /^ {2}from {3}--url http:\/\/127\.0\.0\.1:1$/m)
  })

  test('a database with a customer that nobody told the command about', async (t) => {
    const { path: folder, jotter: run, serve } = makeFolder(t)
    const environment = {
      TELESIGN_CUSTOMER_ID: 'customer-1',
      TELESIGN_API_KEY: Buffer.alloc(64, 1).toString('base64'),
    }
    await (await serve(environment)).stop()
    const { code, stderr } = await run(['tx', 'list'])
    assert.equal(code, 2)
    assert.match(stderr, /^error: it is not known whose transactions are meant$/m)
    assert.ok(!readdirSync(join(folder, 'data')).includes('telesign.json'))
    writeFileSync(join(folder, '.env'), 'TELESIGN_CUSTOMER_ID=customer-1\n')
    const { TELESIGN_API_KEY } = environment
    assert.equal((await run(['tx', 'list'], { environment: { TELESIGN_API_KEY } })).code, 0)
  })
})
