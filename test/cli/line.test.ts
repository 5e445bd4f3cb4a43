import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { makeFolder } from '../support/cli.ts'

const SECRET = 'kept-out-of-every-message-0123456789'

describe('the command line', { concurrency: 4 }, () => {
  const { jotter } = makeFolder({ after })

  test('without arguments it prints help, which begins with two examples', async () => {
    const { code, stdout, stderr } = await jotter([])
    assert.equal(code, 0)
    assert.match(stdout, /^ {2}jotter serve\n {2}curl \S+\n\nUsage: jotter/)
    assert.equal(stderr, '')
  })

  test('a noun without its verb is wrong usage, and its verbs are shown', async () => {
    const { code, stdout, stderr } = await jotter(['tx'])
    assert.equal(code, 2)
    assert.equal(stdout, '')
    assert.match(stderr, /list {2,}list transactions/)
  })

  for (const [line, meant] of [
    ['serv', 'serve'],
    ['tx lst', 'list'],
    ['serve --prot=80', '--port'],
    ['tx list --staus issued', '--status'],
    ['tx list --status isued', 'issued'],
    ['api-keys create --name x --scope transaction:read', 'transactions:read'],
  ] as const) {
    test(`"${line}" is refused with a guess: ${meant}`, async () => {
      const { code, stdout, stderr } = await jotter(line.split(' '))
      assert.equal(code, 2)
      assert.equal(stdout, '')
      assert.match(stderr, /^error: /)
      assert.ok(stderr.includes(`\n  try    did you mean ${meant}?`), stderr)
    })
  }

  for (const args of [
    ['serve', `--master-ky=${SECRET}`],
    ['serve', SECRET],
    ['serve', `-p${SECRET}`],
    ['serve', `--${SECRET}`],
    [SECRET],
    ['token', SECRET],
    ['token', 'verify', 'x.y.z', SECRET],
    ['token', 'verify', 'x.y.z', '-S', `b64:${SECRET}!`],
    ['token', 'verify', SECRET, '-S', SECRET],
    ['token', 'verify', 'x.y.z', '-S', SECRET, '--alg', 'ES256'],
    ['token', 'decode', SECRET],
    ['tx', 'list', '--limit', '0', '--url', `http://user:${SECRET}@127.0.0.1:1`],
    ['tx', 'list', '--url', `http://user:${SECRET}@127.0.0.1:1`],
    ['config', 'check', '--admin-key', `${SECRET} `],
    ['config', 'show', '--master-key', SECRET, '--admin-key', SECRET],
    ['config', 'show', '--json', '--secret-key', SECRET],
  ]) {
    const line = args.join(' ').replaceAll(SECRET, 'SECRET')
    test(`jotter ${line} repeats no secret`, async () => {
      const { stdout, stderr } = await jotter(args)
      assert.ok(!`${stdout}${stderr}`.includes(SECRET), `${stdout}${stderr}`)
    })
  }

  test('a key that no header can carry is not repeated either', async () => {
    const environment = { JOTTER_URL: 'http://127.0.0.1:1', JOTTER_API_KEY: `${SECRET}\n` }
    const { code, stderr } = await jotter(['tx', 'list'], { environment })
    assert.equal(code, 2)
    assert.match(stderr, /^ {2}from {3}JOTTER_API_KEY$/m)
    assert.ok(!stderr.includes(SECRET))
  })

  test('every setting is a flag of serve, with its variables and its default', async () => {
    const { code, stdout } = await jotter(['help', 'serve'])
    const help = stdout.replace(/\s+/g, ' ')
    assert.equal(code, 0)
    assert.match(help, /--port <value> [^[]*\[env: JOTTER_PORT or PORT\] \[default: 7519\]/)
    assert.match(help, /--allow-open \[value\] [^[]*\[env: JOTTER_ALLOW_OPEN\] \[default: false\]/)
    assert.match(help, /\[default: open, in production key\]/)
  })

  test('version prints one line, or one document', async () => {
    const [human, json, flag] = await Promise.all([
      jotter(['version']),
      jotter(['version', '--json']),
      jotter(['--version']),
    ])
    const { version, node } = JSON.parse(json.stdout)
    assert.equal(human.stdout, `jotter ${version}\n`)
    assert.equal(flag.stdout, human.stdout)
    assert.equal(node, process.version)
  })

  test('in a pipe nothing is coloured, whatever the terminal was', async () => {
    const environment = { FORCE_COLOR: '1', TERM: 'xterm-256color' }
    const { stderr } = await jotter(['tx', 'list'], { environment })
    assert.match(stderr, /^error: there is no database/m)
  })
})
