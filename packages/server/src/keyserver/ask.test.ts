/** What key servers that are slow, broken or hostile answer, and what is made of it. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { Agent, createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { makeCertificate } from '../../../../test/support/certificate.ts'
import { keyPair } from '../../../../test/support/key-pairs.ts'
import { says, startKeyServer } from '../../../../test/support/key-server.ts'
import { askKeyServer } from './ask.ts'
import { KeyServerUnavailable } from './key-source.ts'

const first = keyPair()
const second = keyPair()
const weak = keyPair('rsa', { modulusLength: 1024 })

test('the PEM of a key server is a key for RS256 that only verifies, whatever it is called', async (t) => {
  for (const type of ['text/plain', 'text/html; charset=utf-8', 'application/x-pem-file']) {
    const { source, asked, outcomes } = await startKeyServer(
      t,
      says(200, first.pem, { 'content-type': type }),
    )
    const [key, ...others] = (await source.keysOf('client')) ?? []
    assert.deepEqual(others, [])
    assert.deepEqual([key?.alg, key?.signs, key?.kid], ['RS256', false, undefined])
    assert.ok(key?.keyObject.equals(first.publicKey))
    assert.deepEqual(asked, ['/getkey?identity=client'])
    assert.deepEqual(outcomes, ['key'])
  }
})

describe('S-07: a name', () => {
  for (const name of [
    'client&identity=admin',
    'client#',
    '../admin',
    '..',
    'client%00',
    'client\n',
    'client admin',
    'client/admin',
    '-client',
    '',
    'a'.repeat(129),
    'a'.repeat(10_000),
    'é',
    ['client'],
    { identity: 'client' },
    null,
    7,
  ]) {
    test(`that nobody can have is asked for nowhere: ${JSON.stringify(name).slice(0, 40)}`, async (t) => {
      const { source, asked } = await startKeyServer(t, says(200, first.pem))
      assert.equal(await source.keysOf(name as string), undefined)
      assert.deepEqual(asked, [])
    })
  }

  test('arrives as it is', async (t) => {
    const names = ['a@b.example', 'urn:x:1', 'a~._-', 'a'.repeat(128)]
    const { source, asked } = await startKeyServer(t, says(200, first.pem))
    for (const name of names) await source.keysOf(name)
    assert.deepEqual(
      asked.map((url) => new URL(url, 'http://a').searchParams.get('identity')),
      names,
    )
  })
})

describe('what is refused is nobody’s fault but the server’s: 503, never unknown', () => {
  const drip: RequestListener = (_, answer) => {
    answer.writeHead(200)
    let i = 0
    const timer = setInterval(() => answer.write(first.pem[i++] ?? '\n'), 20)
    answer.on('close', () => clearInterval(timer))
  }
  /** Writes as fast as it is read, until it is left. */
  const flood: RequestListener = (_, answer) => {
    answer.writeHead(200)
    const more = () => {
      while (!answer.destroyed && answer.write(Buffer.alloc(65_536, 65)));
    }
    answer.on('drain', more)
    more()
  }
  const bomb = gzipSync(Buffer.alloc(50_000_000))
  const cases: Readonly<Record<string, readonly [RequestListener, 'silent' | 'unusable']>> = {
    'no answer at all': [() => {}, 'silent'],
    'headers and no body': [(_, answer) => void answer.writeHead(200).write('-'), 'silent'],
    'one byte after the other': [drip, 'silent'],
    'a reset': [(request) => void request.socket.resetAndDestroy(), 'silent'],
    'a reset in the middle': [
      ({ socket }, answer) => {
        answer.writeHead(200, { 'content-length': '1000' }).write('-----BEGIN')
        setTimeout(() => socket.destroy(), 20)
      },
      'silent',
    ],
    'no HTTP': [({ socket }) => void socket.end('SSH-2.0-OpenSSH_9.9\r\n'), 'silent'],
    'headers without end': [
      ({ socket }) => void socket.write(`HTTP/1.1 200 OK\r\nA: ${'a'.repeat(100_000)}`),
      'silent',
    ],
    '101 Switching Protocols': [
      ({ socket }) => {
        socket.write('HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n')
      },
      'silent',
    ],
    'a body without end': [flood, 'unusable'],
    '100 MB': [says(200, Buffer.alloc(100_000_000, 65)), 'unusable'],
    'a key and 16 KiB more': [says(200, first.pem + '\n'.repeat(16_384)), 'unusable'],
    'a gzip bomb': [says(200, bomb, { 'content-encoding': 'gzip' }), 'unusable'],
    'a compressed key': [
      says(200, gzipSync(first.pem), { 'content-encoding': 'gzip' }),
      'unusable',
    ],
    'a redirect to itself': [says(302, '', { location: '/getkey?identity=client' }), 'unusable'],
    'a redirect with a key in it': [says(307, first.pem, { location: '/' }), 'unusable'],
    '204': [says(204), 'unusable'],
    '206 with a key': [says(206, first.pem), 'unusable'],
    '500': [says(500, first.pem), 'unusable'],
    '503': [says(503), 'unusable'],
    '408': [says(408), 'unusable'],
    '429': [says(429), 'unusable'],
    'an empty 200': [says(200), 'unusable'],
    HTML: [says(200, '<!doctype html><p>Sign in', { 'content-type': 'text/html' }), 'unusable'],
    'a private key': [says(200, first.privatePem), 'unusable'],
    'both halves': [says(200, first.pem + first.privatePem), 'unusable'],
    'two keys': [says(200, first.pem + second.pem), 'unusable'],
    'a weak key': [says(200, weak.pem), 'unusable'],
    'a secret': [says(200, 'a-string-secret-at-least-256-bits-long'), 'unusable'],
    'a secret as JWK': [says(200, '{"kty":"oct","k":"c2VjcmV0"}'), 'unusable'],
    'a key after a space': [says(200, ` ${first.pem}`), 'unusable'],
    'a key after a byte order mark': [says(200, `\ufeff${first.pem}`), 'unusable'],
    'a key after headers': [says(200, `HTTP/1.1 200 OK\r\n\r\n${first.pem}`), 'unusable'],
    NULs: [says(200, Buffer.alloc(1000)), 'unusable'],
  }
  for (const [what, [listener, outcome]] of Object.entries(cases)) {
    test(what, async (t) => {
      const { source, outcomes, log } = await startKeyServer(t, listener)
      const started = performance.now()
      await assert.rejects(source.keysOf('client'), KeyServerUnavailable)
      assert.ok(performance.now() - started < 1_500, `${performance.now() - started} ms`)
      assert.deepEqual(outcomes, [outcome])
      assert.equal(log.length, 1)
      assert.ok(!/PRIVATE|MII|c2VjcmV0|a-string/.test(log.join()), log.join())
    })
  }

  test('a redirect elsewhere is not followed', async (t) => {
    const elsewhere = await startKeyServer(t, says(200, first.pem))
    const location = `http://127.0.0.1:${elsewhere.port}/getkey?identity=client`
    const { source } = await startKeyServer(t, says(301, '', { location }))
    await assert.rejects(source.keysOf('client'), KeyServerUnavailable)
    assert.deepEqual(elsewhere.asked, [])
  })

  test('nobody there', async (t) => {
    const { source, server } = await startKeyServer(t, says(200, first.pem))
    server.close()
    await assert.rejects(source.keysOf('client'), KeyServerUnavailable)
  })
})

test('over https the certificate is looked at, and the name in it', async (t) => {
  const { cert, key } = makeCertificate()
  const server = createServer({ cert, key }, says(200, first.pem)).listen(0, '0.0.0.0')
  await once(server, 'listening')
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const ask = (host: string, ca?: string) =>
    askKeyServer({
      url: `https://${host}:${port}/getkey`,
      identity: 'client',
      timeoutMs: 1_000,
      agent: new Agent(ca === undefined ? {} : { ca }),
    })
  const found = await ask('127.0.0.1', cert)
  assert.ok(found?.keyObject.equals(first.publicKey))
  await assert.rejects(ask('127.0.0.1'), KeyServerUnavailable)
  await assert.rejects(ask('127.0.0.2', cert), KeyServerUnavailable)
})
