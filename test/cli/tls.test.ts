import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, existsSync } from 'node:fs'
import { Agent } from 'node:https'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeCertificate, writePair } from '../support/certificate.ts'
import { makeFolder } from '../support/cli.ts'
import { handshake } from '../support/handshake.ts'
import { ask } from '../support/ledger-http.ts'

const old = makeCertificate({ name: 'old' })
const fresh = makeCertificate({ name: 'fresh' })

const linesOf = (stdout: string): Record<string, unknown>[] =>
  stdout
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line))

describe('jotter serve with TLS', { concurrency: 4 }, () => {
  test('it serves HTTPS, and commands find it there', async (t) => {
    const { path, serve, jotter } = makeFolder(t)
    const files = writePair(path, old)
    const { address, adminKey, stop, written } = await serve(files)
    assert.match(address, /^https:\/\/127\.0\.0\.1:\d+$/)
    const { port } = new URL(address)
    // By its own settings, whatever name the certificate is for; by address as anybody would.
    const own = { ...files, JOTTER_PORT: port }
    assert.equal((await jotter(['health', '--ready'], { environment: own })).code, 0)
    const stranger = await jotter(['health', '--url', address])
    assert.equal(stranger.code, 6)
    assert.match(stranger.stderr, /^error: cannot reach https:\S+: self-signed certificate/m)
    assert.match(stranger.stderr, /^ {2}try {4}.*NODE_EXTRA_CA_CERTS/m)

    const environment = {
      NODE_EXTRA_CA_CERTS: files.JOTTER_TLS_CERT,
      JOTTER_URL: address,
      JOTTER_API_KEY: await adminKey(),
    }
    assert.equal((await jotter(['health'], { environment })).stdout, 'ok\n')
    const issued = await jotter(['token', 'issue', '--phone', '15555551212', '--xid', 'a'], {
      environment,
    })
    assert.equal(issued.code, 0, issued.stderr)
    assert.ok(!issued.stderr.includes('unencrypted'))
    assert.match((await jotter(['tx', 'show', 'a'], { environment })).stdout, /15555551212/)
    assert.equal(await stop(), 0)
    assert.equal(written.stderr.replace(/^admin key.*\n/, ''), '')
  })

  test('item 7: TLS_MIN_VERSION=1.1 is a warning at the start', async (t) => {
    const { path, serve } = makeFolder(t)
    const { written } = await serve({ ...writePair(path, old), JOTTER_TLS_MIN_VERSION: '1.1' })
    const [warning] = linesOf(written.stdout).filter(({ level }) => level === 'warn')
    assert.match(String(warning?.msg), /^TLS_MIN_VERSION \(from JOTTER_TLS_MIN_VERSION\): TLS 1\.1/)
  })

  test('an expired certificate is a warning at the start', async (t) => {
    const { path, serve } = makeFolder(t)
    const { written } = await serve(writePair(path, makeCertificate({ days: -1 })))
    const [warning] = linesOf(written.stdout).filter(({ level }) => level === 'warn')
    assert.match(String(warning?.msg), /^TLS_CERT \(from JOTTER_TLS_CERT\): has expired at \d{4}-/)
  })

  test('L-03 what is wrong with the files is told with every other problem', async (t) => {
    const { path, jotter } = makeFolder(t)
    const files = writePair(path, { cert: 'none', key: old.key })
    chmodSync(files.JOTTER_TLS_KEY, 0o644)
    const environment = { ...files, PORT: 'http' }
    for (const line of [['serve'], ['config', 'check']]) {
      const { code, stdout, stderr } = await jotter(line, { environment })
      assert.equal(code, 2)
      assert.equal(stdout, '')
      assert.equal(
        stderr,
        `error: the settings cannot be used: 3 problems
  from   PORT (PORT): must be a whole number from 0 to 65535
  from   TLS_CERT (JOTTER_TLS_CERT): is no certificate in PEM
  from   TLS_KEY (JOTTER_TLS_KEY): is open to every user of this machine: chmod 600 it
  try    jotter config docs    lists every setting, what it takes and where it is read from
`,
      )
    }
  })

  test('L-01 a key given in place of its path is refused and repeated nowhere', async (t) => {
    const { path, jotter } = makeFolder(t)
    const { JOTTER_TLS_CERT, JOTTER_TLS_KEY } = writePair(path, old)
    for (const given of [
      { JOTTER_TLS_KEY: old.key },
      { JOTTER_TLS_KEY_FILE: JOTTER_TLS_KEY },
      { JOTTER_TLS_KEY: old.key.split('\n')[1] },
    ]) {
      const { code, stdout, stderr } = await jotter(['serve'], {
        environment: { JOTTER_TLS_CERT, ...given },
      })
      assert.equal(code, 2)
      assert.match(stderr, /^ {2}from {3}TLS_KEY \(JOTTER_TLS_KEY/m)
      assert.ok(!(stdout + stderr).includes(old.key.slice(40, 60)))
    }
  })

  test('commands that only read the store look at no certificate', async (t) => {
    const { path, jotter, serve } = makeFolder(t)
    await (await serve()).stop()
    const environment = { ...writePair(path, old), JOTTER_TLS_KEY: '/nowhere/key.pem' }
    assert.equal((await jotter(['tx', 'list'], { environment })).code, 0)
  })
})

describe('SIGHUP', { concurrency: 4 }, () => {
  test('takes a new certificate for new connections; established ones go on', async (t) => {
    const { path, serve } = makeFolder(t)
    const environment = writePair(path, old)
    const { address, pid, written, stop } = await serve(environment)
    const ca = [old.cert, fresh.cert]
    const kept = new Agent({ ca, keepAlive: true, maxSockets: 1 })
    const first = await ask(kept, `${address}/livez`)
    assert.equal(first.status, 200)
    const [connection] = Object.values(kept.freeSockets).flat()
    assert.equal((await handshake(address, { ca })).name, 'old')

    writePair(path, fresh)
    process.kill(pid, 'SIGHUP')
    await t.waitFor(() => assert.match(written.stdout, /certificate reloaded/))
    assert.equal((await handshake(address, { ca })).name, 'fresh')
    assert.equal((await ask(kept, `${address}/livez`)).status, 200)
    assert.equal(Object.values(kept.freeSockets).flat()[0], connection)
    kept.destroy()
    assert.equal(await stop(), 0)
  })

  test('reaches every address that is listened on: localhost is one', async (t) => {
    const { path, serve } = makeFolder(t)
    const { address, pid, written } = await serve({ ...writePair(path, old), HOST: 'localhost' })
    const { port, hostname } = new URL(address)
    assert.equal(hostname, '127.0.0.1')
    const ca = [old.cert, fresh.cert]
    await assert.rejects(handshake(address, { ca, host: '::1' }), { code: /ECONNREFUSED|EADDRN/ })
    writePair(path, fresh)
    process.kill(pid, 'SIGHUP')
    await t.waitFor(() => assert.match(written.stdout, /certificate reloaded/))
    assert.equal((await handshake(`https://localhost:${port}`, { ca })).name, 'fresh')
  })

  test('with a pair that cannot be used keeps the one before it, and says so', async (t) => {
    const { path, serve } = makeFolder(t)
    const { address, pid, written, stop } = await serve(writePair(path, old))
    for (const [files, line] of [
      [
        { cert: fresh.cert, key: old.key },
        'TLS_KEY does not belong to the certificate of TLS_CERT',
      ],
      [{ cert: '', key: fresh.key }, 'TLS_CERT is no certificate in PEM'],
    ] as const) {
      writePair(path, files)
      process.kill(pid, 'SIGHUP')
      await t.waitFor(() => assert.ok(written.stdout.includes(`"msg":"${line}"`)))
      assert.equal((await handshake(address, { ca: old.cert })).name, 'old')
    }
    const errors = linesOf(written.stdout).filter(({ level }) => level === 'error')
    assert.equal(errors.length, 4)
    writePair(path, fresh)
    process.kill(pid, 'SIGHUP')
    await t.waitFor(() => assert.match(written.stdout, /certificate reloaded/))
    assert.equal((await handshake(address, { ca: fresh.cert })).name, 'fresh')
    assert.equal(await stop(), 0)
  })

  test('does nothing without TLS', async (t) => {
    const { serve } = makeFolder(t)
    const { address, pid, written, stop } = await serve()
    process.kill(pid, 'SIGHUP')
    await t.waitFor(() => assert.match(written.stdout, /nothing to reload: TLS is off/))
    assert.equal((await fetch(`${address}/livez`)).status, 200)
    assert.equal(await stop(), 0)
  })

  test('while it starts does not end it', async (t) => {
    const { path, start } = makeFolder(t)
    const { child, written } = start(['serve', '--port', '0'], writePair(path, old))
    const closed = once(child, 'close')
    while (!existsSync(join(path, 'data'))) await sleep(5)
    child.kill('SIGHUP')
    await t.waitFor(() => assert.match(written.stdout, /"msg":"listening"/), { timeout: 10_000 })
    child.kill('SIGTERM')
    assert.deepEqual(await closed, [0, null])
  })
})
