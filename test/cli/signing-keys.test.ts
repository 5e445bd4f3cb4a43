/** `jotter keys`, beside a server that runs on the same file. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { importKey, thumbprint } from '@jotter/token'
import { makeFolder } from '../support/cli.ts'

interface ListedKey {
  kid: string
  alg: string
  state: string
  promote_at: string | null
}

const JWKS = '/.well-known/jwks.json'
const folder = makeFolder({ after })
const { path, jotter } = folder
const service = await folder.serve({ JOTTER_JWKS_MAX_AGE: '1' })
const local = { environment: { JOTTER_JWKS_MAX_AGE: '1' } }

const run = (...args: string[]) => jotter(['keys', ...args], local)
const list = async () => JSON.parse((await run('list', '--json')).stdout).items as ListedKey[]
const inState = async (state: string) => (await list()).filter((key) => key.state === state)
const kidOf = async (state: string) => (await inState(state))[0]?.kid as string
const published = async () => {
  const { keys } = (await (await fetch(service.address + JWKS)).json()) as { keys: ListedKey[] }
  return keys.map(({ kid }) => kid)
}

/** Polls for a second, the time in which a server follows. */
async function within(check: () => Promise<boolean>): Promise<void> {
  for (const until = performance.now() + 1000; ; ) {
    if (await check()) return
    assert.ok(performance.now() < until, 'not within a second')
  }
}

describe('jotter keys', () => {
  test('rotate prints the plan; the server publishes the new key and lets it sign by itself', async () => {
    const [old] = (await list()) as [ListedKey]
    const dry = await run('rotate', '--dry-run')
    assert.equal(dry.code, 0)
    assert.equal(dry.stdout, '')
    assert.match(
      dry.stderr,
      new RegExp(`^plan {3}ES256: a new key signs .*; ${old.kid} verifies`, 'm'),
    )
    assert.equal((await list()).length, 1)

    const done = await run('rotate')
    assert.equal(done.code, 0)
    const kid = done.stdout.trim()
    assert.equal(kid, await kidOf('next'))
    await within(async () => (await published()).includes(kid))
    // Two seconds of publication; the start of a command takes some of them.
    for (const until = performance.now() + 5000; (await kidOf('active')) !== kid; ) {
      assert.ok(performance.now() < until)
    }
    assert.equal(await kidOf('retiring'), old.kid)
    assert.ok((await published()).includes(old.kid))
  })

  test('list and show say what comes next, for people and for scripts', async () => {
    const active = await kidOf('active')
    const human = await run('list')
    assert.match(human.stdout, /^KID +ALG +STATE +SINCE +NEXT\n/)
    assert.match(human.stdout, new RegExp(`^${active} +ES256 +active +\\S.* -$`, 'm'))
    assert.match(human.stdout, /retiring .*retires in 30d$/m)
    assert.equal((await run('list', '-q')).stdout.split('\n').length, (await list()).length + 1)
    assert.match((await run('show', active)).stdout, /^state +active$/m)
    assert.equal((await run('show', `-${'A'.repeat(42)}`, '--json')).code, 4, 'it is no flag')
    const unknown = await run('show', 'nobody')
    assert.equal(unknown.code, 4)
    assert.match(unknown.stderr, /^ {2}from {3}kid nobody$/m)
  })

  test('a key that is in use is not retired: exit code 5', async () => {
    const active = await run('retire', await kidOf('active'))
    assert.equal(active.code, 5)
    assert.match(active.stderr, /it signs: rotate first/)
    const retiring = await run('retire', await kidOf('retiring'))
    assert.equal(retiring.code, 5)
    assert.match(retiring.stderr, /its last token expires at/)
    assert.equal((await run('retire', 'nobody')).code, 4)
    assert.equal((await run('promote', await kidOf('active'))).code, 5)
  })

  test('an emergency has to be meant, and counts in the server within a second', async () => {
    const kid = await kidOf('active')
    const unmeant = await run('retire', kid, '--emergency')
    assert.equal(unmeant.code, 2)
    assert.equal((await run('rotate', '--emergency')).code, 2)
    assert.equal(await kidOf('active'), kid)
    const meant = await run('retire', kid, '--emergency', '--yes')
    assert.equal(meant.code, 0)
    await within(async () => {
      const kids = await published()
      return !kids.includes(kid)
    })
    assert.notEqual(await kidOf('active'), kid)
    assert.deepEqual(
      (await inState('retired')).map((key) => key.kid),
      [kid],
    )
    assert.equal((await run('export', kid, '--private', '--yes')).code, 4)
  })

  test('generate and import: the key waits under its thumbprint, and another one is refused', async () => {
    const file = join(path, 'mine.jwk')
    const made = await run('generate', '--out', 'mine.jwk')
    assert.equal(made.code, 0)
    assert.equal(statSync(file).mode & 0o777, 0o600)
    assert.deepEqual(Object.keys(JSON.parse(made.stdout)).includes('d'), false)
    assert.equal((await run('generate', '--out', 'mine.jwk')).code, 5)
    const kid = thumbprint(importKey(JSON.parse(readFileSync(file, 'utf8'))))
    // With JWKS_MAX_AGE as it is by default, so that it waits until the end of the test.
    const added = await jotter(['keys', 'import', 'mine.jwk'])
    assert.equal(added.stdout, `${kid}\n`)
    assert.equal(await kidOf('next'), kid)
    assert.equal((await run('import', 'mine.jwk')).code, 5)
    assert.equal((await run('retire', kid)).code, 0)
  })

  test('PEM from standard input wants an algorithm; what is no private key is refused', async () => {
    const { stdout: pem } = await run('generate', '--alg', 'EdDSA', '--pem')
    assert.match(pem, /^-----BEGIN PRIVATE KEY-----/)
    const from = (input: string, ...args: string[]) =>
      jotter(['keys', 'import', '-', ...args], { ...local, input })
    assert.equal((await from(pem)).code, 2)
    assert.equal((await from(pem, '--alg', 'ES256')).code, 2)
    const added = await from(pem, '--alg', 'EdDSA')
    assert.equal(added.code, 0)
    const { stdout: half } = await run('export', added.stdout.trim(), '--pem')
    assert.match(half, /^-----BEGIN PUBLIC KEY-----/)
    for (const bad of [half, '', '{}', '{"kty":"oct","k":"AAAA","alg":"HS256"}']) {
      const refused = await from(bad, '--alg', 'EdDSA')
      assert.equal(refused.code, 2, bad)
      assert.ok(bad === '' || !refused.stderr.includes(bad))
    }
  })

  test('export of a private key has to be meant, and goes into a file of its owner', async () => {
    const kid = await kidOf('active')
    assert.equal((await run('export', kid, '--private')).code, 2)
    const half = JSON.parse((await run('export', kid)).stdout)
    assert.deepEqual([half.kid, half.d], [kid, undefined])
    const done = await run('export', kid, '--private', '--yes', '--out', 'both.jwk')
    assert.equal(done.code, 0)
    assert.equal(done.stdout, '')
    const file = join(path, 'both.jwk')
    assert.equal(statSync(file).mode & 0o777, 0o600)
    const { d, ...rest } = JSON.parse(readFileSync(file, 'utf8'))
    assert.ok(typeof d === 'string' && rest.kid === kid)
    writeFileSync(join(path, 'there'), '')
    assert.equal((await run('export', kid, '--out', 'there')).code, 5)
  })

  test('a server elsewhere is asked for what is in its API, and hands out no private key', async () => {
    const environment = {
      JOTTER_URL: service.address,
      JOTTER_ADMIN_KEY: await service.adminKey(),
    }
    const remote = (...args: string[]) => jotter(['keys', ...args], { environment })
    const listed = await remote('list', '--json')
    assert.deepEqual(JSON.parse(listed.stdout).items, await list())
    const kid = await kidOf('active')
    assert.equal((await remote('show', kid)).code, 0)
    assert.equal((await remote('export', kid)).code, 0)
    for (const verb of ['promote', 'retire']) assert.equal((await remote(verb, kid)).code, 5)
    for (const args of [
      ['import', 'both.jwk'],
      ['export', kid, '--private', '--yes'],
    ]) {
      const refused = await remote(...args)
      assert.equal(refused.code, 2)
      assert.match(refused.stderr, /this works on the local store only/)
    }
    const done = await remote('rotate', '--emergency', '--yes')
    assert.equal(done.code, 0)
    assert.equal(done.stdout.trim(), await kidOf('active'))
    assert.notEqual(done.stdout.trim(), kid)
  })

  test('makes no master key, and says where the one of the server may be', async (t) => {
    const empty = makeFolder(t)
    const database = `sqlite:${join(path, 'data/jotter.db')}`
    const { code, stderr } = await empty.jotter(['keys', 'rotate', '--database-url', database])
    assert.equal(code, 2)
    assert.match(
      stderr,
      /^error: there is no master key: neither MASTER_KEY nor data\/master\.key$/m,
    )
    assert.ok(!existsSync(join(empty.path, 'data')))
    assert.equal((await empty.jotter(['keys', 'list', '--database-url', database])).code, 0)
  })
})
