import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { makeFolder, type Running } from '../support/cli.ts'
import { PASSWORD } from '../support/sessions.ts'

const MAIN = fileURLToPath(new URL('../../packages/server/src/cli/main.ts', import.meta.url))

describe('users beside a running server', { concurrency: 1 }, () => {
  const { path, jotter, serve } = makeFolder({ after })
  let server: Running
  let environment: Record<string, string>
  before(async () => {
    // Quick hashes: what is made of them is not the matter here.
    server = await serve({ BCRYPT_LOG_ROUNDS: '4' })
    environment = { JOTTER_URL: server.address, JOTTER_ADMIN_KEY: await server.adminKey() }
  })
  const run = (line: string, input = '') =>
    jotter(line.split(' '), { input, environment: { BCRYPT_LOG_ROUNDS: '4' } })
  const remotely = (line: string, input = '') => jotter(line.split(' '), { input, environment })

  async function logIn(username: string, password = PASSWORD) {
    const answer = await fetch(`${server.address}/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username, password }),
    })
    const { auth_token } = (await answer.json()) as { auth_token: string }
    return { status: answer.status, token: auth_token }
  }
  const statusOf = async (token: string) =>
    (
      await fetch(`${server.address}/auth/status`, {
        headers: { authorization: `Bearer ${token}` },
      })
    ).status
  async function refusedInTime(token: string) {
    const deadline = performance.now() + 1000
    while ((await statusOf(token)) === 200) {
      assert.ok(performance.now() < deadline, 'still taken after a second')
      await sleep(50)
    }
  }

  test('one that the command makes logs in, and is shown by each of its names', async () => {
    const made = await run('users create Michael --email michael@example.com', `${PASSWORD}\n`)
    assert.equal(made.code, 0, made.stderr)
    const id = made.stdout.trim()
    assert.deepEqual(made.stderr.split('\n'), [
      `store  sqlite:${join(path, 'data', 'jotter.db')}`,
      'user Michael <michael@example.com>: may log in',
      `next   jotter users show ${id}`,
      '',
    ])
    assert.equal((await logIn('michael')).status, 200)
    for (const name of [id, 'MICHAEL', 'michael@EXAMPLE.com']) {
      const shown = await run(`users show ${name} --json`)
      const { username, active, last_login_at } = JSON.parse(shown.stdout)
      assert.deepEqual([username, active, typeof last_login_at], ['Michael', true, 'string'], name)
      assert.ok(!shown.stdout.includes('hash'))
    }
    const human = await run('users show michael')
    assert.match(human.stdout, /^USERNAME +Michael\nEMAIL +michael@example.com\nSTATUS +active\n/m)

    const taken = await run('users create michael --email x@example.com', PASSWORD)
    assert.equal(taken.code, 5)
    assert.match(taken.stderr, /^ {2}from {3}username michael, --email x@example.com$/m)
  })

  test('passwords come from a file and from input, without one newline', async () => {
    writeFileSync(join(path, 'password'), `${PASSWORD}\r\n`)
    const byFile = await run('users create file --email file@example.com --password-file password')
    assert.equal(byFile.code, 0, byFile.stderr)
    assert.equal((await logIn('file')).status, 200)
    const line = 'users create input --email input@example.com --password-file -'
    assert.equal((await run(line, `${PASSWORD}\n\n`)).code, 0)
    assert.equal((await logIn('input')).status, 401)
    assert.equal((await logIn('input', `${PASSWORD}\n`)).status, 200)
  })

  test('a password that cannot be is refused, and never repeated', async () => {
    writeFileSync(join(path, 'latin1'), Buffer.from('pan galactic \xff', 'latin1'))
    const line = 'users create refused --email refused@example.com'
    for (const [more, input, error] of [
      ['', '', 'there is no password'],
      ['', '\n', 'there is no password'],
      ['', 'abc', 'The request is malformed'],
      [' --password-file latin1', '', 'the password is not UTF-8'],
      [' --password-file nothing', '', 'cannot read the password: ENOENT'],
      [' --password abc', '', "unknown option '--password'"],
    ] as const) {
      const { code, stdout, stderr } = await run(line + more, input)
      assert.deepEqual([code, stdout], [2, ''], stderr)
      assert.ok(stderr.includes(`error: ${error}`), stderr)
      assert.ok(!/abc|galactic/.test(stderr), stderr)
    }
    assert.equal((await run('users show refused')).code, 4)
  })

  test('on a terminal the password is asked for twice and not shown', async () => {
    const ask = async (...typed: string[]) => {
      const line = `'${process.execPath}' --conditions=source '${MAIN}' users passwd input`
      // A terminal of its own, which shows what is typed unless the command says otherwise.
      const child = spawn('script', ['-qec', line, '/dev/null'], { cwd: path })
      let shown = ''
      const answers = [...typed]
      child.stdout.on('data', (chunk) => {
        shown += chunk
        const asked = shown.match(/password: |once more: /g)?.length ?? 0
        while (typed.length - answers.length < asked && answers.length > 0) {
          child.stdin.write(answers.shift() as string)
        }
      })
      const [code] = await once(child, 'close')
      return { code, shown }
    }

    const changed = await ask('so long\r', 'so long\r')
    assert.equal(changed.code, 0, changed.shown)
    assert.ok(!changed.shown.includes('so long'), changed.shown)
    assert.equal((await logIn('input', 'so long')).status, 200)
    for (const [typed, code] of [
      [['thanks\r', 'for the fish\r'], 2],
      [['thanks\x03'], 130],
      [['\x04'], 2],
    ] as const) {
      const refused = await ask(...typed)
      assert.equal(refused.code, code, refused.shown)
      assert.ok(!/thanks|fish/.test(refused.shown), refused.shown)
    }
    assert.equal((await logIn('input', 'so long')).status, 200)
  })

  for (const [where, command] of [
    ['on the local store', run],
    ['on the server elsewhere', remotely],
  ] as const) {
    test(`${where} tokens are refused in a second: disable, revoke, passwd`, async () => {
      const name = where.replaceAll(' ', '-')
      const made = await command(`users create ${name} --email ${name}@example.com`, PASSWORD)
      assert.equal(made.code, 0, made.stderr)

      const { token } = await logIn(name)
      const revoked = await command(`users revoke ${name} --json`)
      assert.deepEqual(JSON.parse(revoked.stdout), { id: made.stdout.trim(), sessions_ended: 1 })
      await refusedInTime(token)

      const second = (await logIn(name)).token
      const changed = await command(`users passwd ${name}@example.com`, 'battery staple\n')
      assert.deepEqual([changed.code, changed.stdout], [0, ''], changed.stderr)
      await refusedInTime(second)
      assert.equal((await logIn(name)).status, 401)

      const third = (await logIn(name, 'battery staple')).token
      const disabled = await command(`users disable ${name}`)
      assert.equal(disabled.code, 0)
      assert.match(disabled.stderr, /^next {3}jotter users enable /m)
      await refusedInTime(third)
      assert.equal((await logIn(name, 'battery staple')).status, 401)
      const off = await command('users list --status disabled -q')
      assert.equal(off.stdout, made.stdout)

      assert.equal((await command(`users enable ${name}`)).code, 0)
      assert.equal((await logIn(name, 'battery staple')).status, 200)
      const nobody = await command('users disable nobody')
      assert.equal(nobody.code, 4)
      assert.match(nobody.stderr, /^error: No such user\n {2}from {3}user nobody\n/m)
    })
  }

  test('the list comes in pages, the same from the store and from the server', async () => {
    const near = await run('users list --json')
    const far = await remotely('users list --json')
    assert.equal(near.stdout, far.stdout)
    const first = await run('users list -q --limit 2')
    const [, after] = /^more {3}the same with --after (\S+)$/m.exec(first.stderr) ?? []
    const second = await remotely(`users list -q --limit 200 --after ${after}`)
    assert.equal(first.stdout + second.stdout, (await run('users list -q')).stdout)
    const human = await run('users list')
    assert.match(human.stdout, /^ID +USERNAME +EMAIL +STATUS +CREATED +LAST LOGIN\n/)
    const wrong = await run('users list --status enabled')
    assert.equal(wrong.code, 2)
    assert.match(wrong.stderr, /did you mean/)
  })

  test('a key without the scope is not permitted', async () => {
    const made = await run('api-keys create --name x --scope clients')
    const { code, stderr } = await jotter(['users', 'list'], {
      environment: { JOTTER_URL: server.address, JOTTER_API_KEY: made.stdout.trim() },
    })
    assert.equal(code, 7)
    assert.match(stderr, /needs the scope users$/m)
  })
})
