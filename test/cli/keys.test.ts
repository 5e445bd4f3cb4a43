/** The keys of a data folder, over starts of the command. */
import assert from 'node:assert/strict'
import { chmodSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { makeFolder } from '../support/cli.ts'

const JWKS = '/.well-known/jwks.json'

describe('jotter serve', { concurrency: 4 }, () => {
  test('signs with one key over restarts, and keeps the master key for its owner', async (t) => {
    const { path, serve } = makeFolder(t)
    const first = await serve()
    const published = await (await fetch(first.address + JWKS)).text()
    await first.stop()
    assert.equal(statSync(join(path, 'data/master.key')).mode & 0o777, 0o600)

    const second = await serve()
    assert.equal(await (await fetch(second.address + JWKS)).text(), published)
    assert.equal(second.written.stderr, '')
    assert.equal(await second.stop(), 0)
  })

  test('L-03 does not start with another master key, and says what to do', async (t) => {
    const { path, serve, jotter } = makeFolder(t)
    await (await serve()).stop()
    const wrong = { JOTTER_MASTER_KEY: 'another-master-key-0123456789-0123456789' }
    const { code, stderr } = await jotter(['serve', '--port', '0'], { environment: wrong })
    assert.equal(code, 2)
    assert.match(stderr, /^error: the database was made with another MASTER_KEY/m)
    assert.match(stderr, /^ {2}from {3}MASTER_KEY \(JOTTER_MASTER_KEY\)$/m)
    assert.match(stderr, /^ {2}try {4}give every node the MASTER_KEY of the first one/m)
    assert.ok(!stderr.includes(wrong.JOTTER_MASTER_KEY))

    const right = readFileSync(join(path, 'data/master.key'), 'utf8').trim()
    const again = await serve({ JOTTER_MASTER_KEY: right })
    assert.equal(await again.stop(), 0)
  })

  test('L-03 does not start with a master key that anybody reads', async (t) => {
    const { path, serve, jotter } = makeFolder(t)
    await (await serve()).stop()
    const file = join(path, 'data/master.key')
    chmodSync(file, 0o644)
    const { code, stderr } = await jotter(['serve', '--port', '0'])
    assert.equal(code, 2)
    assert.match(
      stderr,
      /^error: data\/master\.key holds the master key and is open to every user/m,
    )
    assert.match(stderr, /^ {2}try {4}chmod 600 data\/master\.key$/m)
    assert.ok(!stderr.includes(readFileSync(file, 'utf8').trim()))
  })
})
