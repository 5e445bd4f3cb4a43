import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeHash } from '../../packages/server/src/passwords/hash.ts'
import { type Folder, makeFolder } from '../support/cli.ts'
import { startPostgres } from '../support/postgres.ts'
import { CUSTOMER } from '../support/service.ts'
import { PASSWORD } from '../support/sessions.ts'

const MANY = process.env.JOTTER_TEST_LONG === undefined ? 5_000 : 100_000
/** As another system has kept it. */
const HASH = await makeHash(PASSWORD, { hash: 'bcrypt', cost: 4 })
const HEADER = 'username,email,password_hash,active,created_at\n'

const csvLine = (name: string, more = ',') => `${name},${name}@example.com,${HASH},${more}\n`
const jsonLine = (name: string, more = {}) =>
  `${JSON.stringify({ username: name, email: `${name}@example.com`, password_hash: HASH, ...more })}\n`
const names = (count: number) => Array.from({ length: count }, (_, i) => `user${i}`)

function countIn({ path }: Folder) {
  using db = new DatabaseSync(join(path, 'data', 'jotter.db'), { readOnly: true })
  const counted = db.prepare(
    'SELECT count(*) AS users, count(DISTINCT username) AS names FROM users',
  )
  const { users, names } = counted.get() as { users: number; names: number }
  return { users, names }
}

const importing = (folder: Folder, line: string, input = '') =>
  folder.jotter(['users', 'import', ...line.split(' ')], { input })
const summaryOf = ({ stdout }: { stdout: string }) => {
  const { lines, imported, existing, conflicts, invalid } = JSON.parse(stdout)
  return [lines, imported, existing, conflicts, invalid]
}

describe('files', { concurrency: 1 }, () => {
  const folder = makeFolder({ after })
  before(() => folder.jotter(['migrate', 'up']))
  const write = (name: string, text: string) => writeFileSync(join(folder.path, name), text)

  test('of both formats become users, and again change nothing', async () => {
    write(
      'a.csv',
      `${HEADER}${csvLine('anna', 'f,2001-05-11T00:00:00Z')}\n"ben",ben@example.com,${HASH},,\r\n`,
    )
    write('b.ndjson', jsonLine('carl', { active: true, created_at: null }) + jsonLine('dora'))
    const first = await importing(folder, 'a.csv')
    assert.equal(first.code, 0, first.stderr)
    assert.match(first.stdout, /^2 lines, \d+\/s, 2 imported, 0 there already, 0 refused\n$/)
    assert.match(first.stderr, /^next {3}jotter users list$/m)
    assert.deepEqual(summaryOf(await importing(folder, 'b.ndjson --json')), [2, 2, 0, 0, 0])
    const again = await importing(
      folder,
      '- --format jsonl --json',
      jsonLine('CARL') + jsonLine('dora'),
    )
    assert.equal(again.code, 0)
    assert.deepEqual(summaryOf(again), [2, 0, 2, 0, 0])
    const { stdout } = await folder.jotter(['users', 'show', 'anna', '--json'])
    const { active, created_at } = JSON.parse(stdout)
    assert.deepEqual([active, created_at], [false, '2001-05-11T00:00:00.000Z'])
  })

  test('with bad lines have the others imported, and each bad line told without its hash', async () => {
    const cut = HASH.slice(0, -1)
    write(
      'bad.jsonl',
      jsonLine('eric') +
        jsonLine('bad1', { password_hash: cut }) +
        `{"username":"bad2","password_hash":"${cut}\n` +
        jsonLine('bad3', { username: 'anna' }) +
        jsonLine('bad4', { email: 'bad4' }) +
        '\n' +
        jsonLine('bad5', { active: 1 }) +
        jsonLine('bad6', { created_at: '2999-01-01T00:00:00Z' }) +
        jsonLine('frida').trimEnd(),
    )
    const expected = [
      [2, 'invalid', /^password_hash must be bcrypt/],
      [3, 'invalid', /^not valid JSON$/],
      [4, 'conflict', /^the user name has an account with another address$/],
      [5, 'invalid', /^email must be an e-mail address/],
      [7, 'invalid', /^active must be a boolean$/],
      [8, 'invalid', /^created_at must be from 1970 to now$/],
    ] as const
    for (const [flags, imported, existing] of [
      [' --dry-run', 2, 0],
      ['', 2, 0],
      ['', 0, 2],
    ] as const) {
      const done = await importing(folder, `bad.jsonl --json --rejects rejects.jsonl${flags}`)
      assert.equal(done.code, 3, done.stderr)
      assert.deepEqual(summaryOf(done), [8, imported, existing, 1, 5])
      const rejects = readFileSync(join(folder.path, 'rejects.jsonl'), 'utf8')
      const told = rejects
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
      for (const [i, [line, outcome, reason]] of expected.entries()) {
        assert.deepEqual([told[i].line, told[i].outcome], [line, outcome])
        assert.match(told[i].reason, reason)
        assert.ok(done.stderr.includes(`line ${line}: ${told[i].reason}\n`), done.stderr)
      }
      assert.equal(told.length, expected.length)
      for (const text of [rejects, done.stderr, done.stdout]) assert.ok(!text.includes(cut))
    }
    assert.equal(statSync(join(folder.path, 'rejects.jsonl')).mode & 0o077, 0)
  })

  test('whose names belong to others stop the import where that is asked for', async () => {
    write('conflict.csv', `${HEADER}${csvLine('gina')}hans,gina@example.com,${HASH},,\n`)
    const { code, stdout, stderr } = await importing(folder, 'conflict.csv --on-conflict fail')
    assert.equal(code, 5)
    assert.match(stdout, /^stopped: 2 lines, .* 1 imported, 0 there already, 1 refused\n$/)
    assert.match(stderr, /^error: line 3 has a name of another user\n {2}from {3}conflict.csv$/m)
    assert.equal((await importing(folder, 'conflict.csv')).code, 3)
  })

  test('that cannot be read are refused before anything is opened', async () => {
    const before = countIn(folder)
    write('none.csv', 'username;email;password_hash\nanna;anna@example.com;x\n')
    write('users.txt', jsonLine('x'))
    write('x.jsonl', jsonLine('x'))
    for (const [line, error] of [
      ['users.txt', 'it is not known how to read the file'],
      ['-', 'it is not known how to read the file'],
      ['missing.csv', 'cannot read missing.csv: ENOENT'],
      ['none.csv', 'the first line is not the header of a list of users'],
      ['x.jsonl --format xml', '--format must be one of jsonl, csv'],
      ['x.jsonl --on-conflict replace', '--on-conflict must be one of skip, fail'],
      ['x.jsonl --rejects x.jsonl', 'cannot read x.jsonl: --rejects is the same file'],
      ['x.jsonl --rejects no/folder', 'cannot write there: ENOENT'],
      ['- --format csv', 'the file is empty: it has no header'],
    ] as const) {
      const { code, stderr } = await importing(folder, line)
      assert.equal(code, 2, stderr)
      assert.ok(stderr.includes(`error: ${error}`), stderr)
    }
    assert.deepEqual(countIn(folder), before)
    assert.equal(readFileSync(join(folder.path, 'x.jsonl'), 'utf8'), jsonLine('x'))
  })

  test('of a server elsewhere go over HTTP, and those users log in with their passwords', async (t) => {
    const server = await folder.serve({ JOTTER_RATE_LIMIT: 'off' })
    t.after(() => server.stop())
    const key = await folder.jotter(['api-keys', 'create', '--name', 'x', '--scope', 'users'])
    const environment = { JOTTER_URL: server.address, JOTTER_API_KEY: key.stdout.trim() }
    const far = ['ina', 'jan', 'kim', ...names(130)].map((name) => jsonLine(name)).join('')
    const bad =
      jsonLine('y', { username: 'y'.repeat(16_150) }) + jsonLine('bad', { username: 'a@b' })
    write('far.jsonl', far + bad)
    const run = (...flags: string[]) =>
      folder.jotter(['users', 'import', 'far.jsonl', '--json', ...flags], { environment })
    assert.deepEqual(summaryOf(await run('--dry-run')), [135, 133, 0, 0, 2])
    const done = await run()
    assert.equal(done.code, 3, done.stderr)
    assert.match(done.stderr, /^line 134: the row is longer than a request may be$/m)
    assert.match(done.stderr, /^line 135: username must not hold an @$/m)
    assert.deepEqual(summaryOf(done), [135, 133, 0, 0, 2])
    assert.deepEqual(summaryOf(await run()), [135, 0, 133, 0, 2])

    const stored = () => {
      using db = new DatabaseSync(join(folder.path, 'data', 'jotter.db'), { readOnly: true })
      const found = db.prepare("SELECT password_hash FROM users WHERE username = 'kim'").get()
      return String(found?.password_hash)
    }
    assert.equal(stored(), HASH)
    for (let i = 0; i < 2; i += 1) {
      const answer = await fetch(`${server.address}/token`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ username: 'kim', password: PASSWORD }),
      })
      assert.equal(answer.status, 200)
      assert.match(stored(), /^\$argon2id\$/)
    }
  })
})

test(`F-01 an import of ${MANY} that was killed goes on when it is run again`, async (t) => {
  const folder = makeFolder(t)
  await folder.jotter(['migrate', 'up'])
  const lines = names(MANY).map((name) => jsonLine(name))
  writeFileSync(join(folder.path, 'users.jsonl'), lines.join(''))
  const { child } = folder.start(['users', 'import', '-', '--format', 'jsonl'])
  // Half of the file comes, and then nothing more: it is in the middle whenever it is killed.
  child.stdin?.on('error', () => {})
  child.stdin?.write(lines.slice(0, MANY / 2).join(''))
  const deadline = performance.now() + 60_000
  while (countIn(folder).users < MANY / 4) {
    assert.ok(performance.now() < deadline, 'nothing is imported')
    await sleep(5)
  }
  child.kill('SIGKILL')
  await once(child, 'close')
  const { users: kept } = countIn(folder)
  assert.ok(kept < MANY, `${kept} were kept`)

  const again = await importing(folder, 'users.jsonl --json')
  assert.equal(again.code, 0, again.stderr)
  assert.deepEqual(summaryOf(again), [MANY, MANY - kept, kept, 0, 0])
  assert.deepEqual(countIn(folder), { users: MANY, names: MANY })
})

test('PostgreSQL: a file is imported once, of two lines with one name the first', async (t) => {
  const server = await startPostgres(t)
  const { url, query } = await server.createDatabase()
  const { jotter, path } = makeFolder(t)
  const environment = { DATABASE_URL: url, JOTTER_MASTER_KEY: 'm'.repeat(32), ...CUSTOMER }
  const run = (...args: string[]) => jotter(args, { environment })
  assert.equal((await run('migrate', 'up')).code, 0)
  const twice = `user7,other@example.com,${HASH},,\nother,user8@example.com,${HASH},,\n`
  const rows = names(1_200).map((name) => csvLine(name))
  writeFileSync(
    join(path, 'users.csv'),
    HEADER + rows.slice(0, 300).join('') + twice + rows.slice(300).join(''),
  )
  for (const expected of [
    [1_202, 1_200, 0, 2, 0],
    [1_202, 0, 1_200, 2, 0],
  ]) {
    const done = await run('users', 'import', 'users.csv', '--json')
    assert.equal(done.code, 3, done.stderr)
    assert.deepEqual(summaryOf(done), expected)
  }
  const [row] = await query('SELECT count(*)::int AS users FROM users')
  assert.equal(row?.users, 1_200)
  const shown = JSON.parse((await run('users', 'show', 'user7', '--json')).stdout)
  assert.equal(shown.email, 'user7@example.com')
  assert.equal((await run('users', 'disable', 'user7@example.com')).code, 0)
  const off = await run('users', 'list', '--status', 'disabled', '-q')
  assert.equal(off.stdout, `${shown.id}\n`)
})
