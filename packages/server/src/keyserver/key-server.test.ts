/**
 * Key servers that are slow, broken or hostile, each a real one on a port of its own. Time is the
 * test's, except the patience with one question.
 */
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { keyServer } from './key-server.ts'
import { KeyServerUnavailable } from './key-source.ts'

const TIMES = process.env.JOTTER_TEST_LONG === undefined ? 1 : 10

const pair = (modulusLength = 2048) => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength })
  return {
    pem: publicKey.export({ format: 'pem', type: 'spki' }) as string,
    privatePem: privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
    publicKey,
  }
}
const first = pair()
const second = pair()
const weak = pair(1024)

/** A key server that answers by `listener`, and a source that asks it. */
async function start(t: TestContext, listener: RequestListener, timeoutMs = 250) {
  const asked: string[] = []
  const behaviour = { listener }
  const server = createServer((request: IncomingMessage, answer) => {
    asked.push(request.url ?? '')
    behaviour.listener(request as never, answer)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const clock = { at: 1_000_000 }
  const log: string[] = []
  const outcomes: string[] = []
  const note = (...line: unknown[]) => void log.push(JSON.stringify(line))
  const source = keyServer({
    url: `http://127.0.0.1:${port}/getkey`,
    log: { info: note, warn: note },
    asked: (outcome) => void outcomes.push(outcome),
    monotonic: () => clock.at,
    timeoutMs,
  })
  return { source, server, port, asked, behaviour, clock, log, outcomes }
}

const says =
  (status: number, body: string | Buffer = '', headers: Record<string, string> = {}) =>
  (...[, answer]: Parameters<RequestListener>) =>
    void answer.writeHead(status, headers).end(body)

const isFirst = (keys: Awaited<ReturnType<ReturnType<typeof keyServer>['keysOf']>>) =>
  keys?.length === 1 && keys[0]?.keyObject.equals(first.publicKey) === true

test('the PEM of a key server is a key for RS256 that only verifies, whatever it is called', async (t) => {
  for (const type of ['text/plain', 'text/html; charset=utf-8', 'application/x-pem-file']) {
    const { source, asked, outcomes } = await start(
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
      const { source, asked } = await start(t, says(200, first.pem))
      assert.equal(await source.keysOf(name as string), undefined)
      assert.deepEqual(asked, [])
    })
  }

  test('arrives as it is', async (t) => {
    const names = ['a@b.example', 'urn:x:1', 'a~._-', 'a'.repeat(128)]
    const { source, asked } = await start(t, says(200, first.pem))
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
      const { source, outcomes, log } = await start(t, listener)
      const started = performance.now()
      await assert.rejects(source.keysOf('client'), KeyServerUnavailable)
      assert.ok(performance.now() - started < 1_500, `${performance.now() - started} ms`)
      assert.deepEqual(outcomes, [outcome])
      assert.equal(log.length, 1)
      assert.ok(!/PRIVATE|MII|c2VjcmV0|a-string/.test(log.join()), log.join())
    })
  }

  test('a redirect elsewhere is not followed', async (t) => {
    const elsewhere = await start(t, says(200, first.pem))
    const location = `http://127.0.0.1:${elsewhere.port}/getkey?identity=client`
    const { source } = await start(t, says(301, '', { location }))
    await assert.rejects(source.keysOf('client'), KeyServerUnavailable)
    assert.deepEqual(elsewhere.asked, [])
  })

  test('nobody there', async (t) => {
    const { source, server } = await start(t, says(200, first.pem))
    server.close()
    await assert.rejects(source.keysOf('client'), KeyServerUnavailable)
  })
})

describe('unknown', () => {
  for (const status of [400, 401, 403, 404, 410]) {
    test(`is what ${status} means, for 5 s`, async (t) => {
      const { source, asked, clock, behaviour } = await start(t, says(status, first.pem))
      assert.equal(await source.keysOf('client'), undefined)
      behaviour.listener = says(200, first.pem)
      clock.at += 4_999
      assert.equal(await source.keysOf('client'), undefined)
      assert.equal(asked.length, 1)
      clock.at += 1
      assert.ok(isFirst(await source.keysOf('client')))
    })
  }

  test('takes a key away at once, though it was good a minute ago', async (t) => {
    const { source, clock, behaviour } = await start(t, says(200, first.pem))
    await source.keysOf('client')
    behaviour.listener = says(404)
    clock.at += 60_000
    assert.equal(await source.keysOf('client'), undefined)
    behaviour.listener = says(500)
    clock.at += 5_000
    await assert.rejects(source.keysOf('client'), KeyServerUnavailable)
  })
})

describe('what was answered', () => {
  test('stands for a minute', async (t) => {
    const { source, asked, clock, behaviour, log } = await start(t, says(200, first.pem))
    await source.keysOf('client')
    behaviour.listener = says(200, second.pem)
    clock.at += 59_999
    assert.ok(isFirst(await source.keysOf('client')))
    assert.equal(asked.length, 1)
    clock.at += 1
    assert.ok(!isFirst(await source.keysOf('client')))
    assert.equal(asked.length, 2)
    assert.match(
      log.join(),
      /"identity":"client","before":"[\w-]{43}","now":"[\w-]{43}".*another key/,
    )
  })

  test('S-06: another key each time is taken each time, and said each time', async (t) => {
    const { source, clock, behaviour, log } = await start(t, says(200, first.pem))
    for (let i = 0; i < 6; i += 1) {
      behaviour.listener = says(200, i % 2 === 0 ? first.pem : second.pem)
      assert.equal(isFirst(await source.keysOf('client')), i % 2 === 0)
      clock.at += 60_000
    }
    assert.equal(log.length, 5)
  })

  test('is good for five minutes beside a server that cannot answer', async (t) => {
    const { source, clock, behaviour } = await start(t, says(200, first.pem))
    await source.keysOf('client')
    behaviour.listener = says(500)
    for (const at of [60_000, 60_500, 200_000, 299_999]) {
      clock.at = 1_000_000 + at
      assert.ok(isFirst(await source.keysOf('client')), String(at))
      await assert.rejects(source.keysOf('other'), KeyServerUnavailable)
    }
    clock.at = 1_000_000 + 300_000
    await assert.rejects(source.keysOf('client'), KeyServerUnavailable)
    behaviour.listener = says(200, first.pem)
    clock.at += 1_000
    assert.ok(isFirst(await source.keysOf('client')))
  })

  test('is good beside an answer that is none', async (t) => {
    const { source, clock, behaviour } = await start(t, says(200, first.pem))
    await source.keysOf('client')
    for (const body of [first.privatePem, weak.pem, '<p>', '']) {
      behaviour.listener = says(200, body)
      clock.at += 61_000
      assert.ok(isFirst(await source.keysOf('client')))
    }
  })
})

describe('S-08: many at once', () => {
  const slow =
    (ms: number): RequestListener =>
    async (_, answer) => {
      await sleep(ms)
      answer.end(first.pem)
    }

  test(`${1_000 * TIMES} logins for one name are one question`, async (t) => {
    const { source, asked } = await start(t, slow(100), 2_000)
    const all = await Promise.all(
      Array.from({ length: 1_000 * TIMES }, () => source.keysOf('client')),
    )
    assert.ok(all.every(isFirst))
    assert.equal(asked.length, 1)
  })

  test('and one refusal when it does not answer in time', async (t) => {
    const { source, asked } = await start(t, () => {}, 100)
    const all = await Promise.allSettled(
      Array.from({ length: 1_000 * TIMES }, () => source.keysOf('client')),
    )
    assert.ok(all.every(({ status }) => status === 'rejected'))
    assert.equal(asked.length, 1)
    await assert.rejects(source.keysOf('client'), KeyServerUnavailable)
    assert.equal(asked.length, 1)
  })

  test('names that nobody has keep no other name waiting for long', async (t) => {
    let open = 0
    let most = 0
    const { source } = await start(
      t,
      async (_, answer) => {
        open += 1
        most = Math.max(most, open)
        await sleep(5)
        open -= 1
        answer.writeHead(404).end()
      },
      5_000,
    )
    const names = Array.from({ length: 500 * TIMES }, (_, i) => source.keysOf(`nobody${i}`))
    assert.deepEqual(new Set(await Promise.all(names)), new Set([undefined]))
    assert.ok(most <= 32, `${most} at once`)
  })

  test('more than 1,000 names at once are refused, not gathered', async (t) => {
    const { source, asked } = await start(t, () => {}, 100)
    const names = Array.from({ length: 1_500 }, (_, i) => source.keysOf(`name${i}`))
    const started = performance.now()
    await assert.rejects(names[1_400] as Promise<unknown>, /asked for too much/)
    assert.ok(performance.now() - started < 90)
    await Promise.allSettled(names)
    assert.ok(asked.length <= 32, `${asked.length}`)
  })
})

describe('a server that is silent', () => {
  test('is not asked for 3 s after three silences, then by one', async (t) => {
    const { source, asked, clock, behaviour, log } = await start(t, () => {}, 60)
    for (const name of ['a', 'b', 'c']) await assert.rejects(source.keysOf(name))
    assert.equal(asked.length, 3)
    const started = performance.now()
    for (const name of ['d', 'e', 'f']) {
      await assert.rejects(source.keysOf(name), /has not answered lately/)
    }
    assert.ok(performance.now() - started < 50)
    assert.equal(asked.length, 3)

    clock.at += 3_000
    const tried = await Promise.allSettled(['g', 'h', 'i'].map((name) => source.keysOf(name)))
    assert.ok(tried.every(({ status }) => status === 'rejected'))
    assert.equal(asked.length, 4)

    behaviour.listener = says(200, first.pem)
    clock.at += 3_000
    assert.ok(isFirst(await source.keysOf('g')))
    assert.ok(isFirst(await source.keysOf('h')))
    assert.match(log.at(-1) ?? '', /answers again/)
  })

  test('costs a known name nothing', async (t) => {
    const { source, clock, behaviour } = await start(t, says(200, first.pem), 60)
    await source.keysOf('client')
    behaviour.listener = () => {}
    clock.at += 60_000
    for (const name of ['a', 'b', 'c']) await assert.rejects(source.keysOf(name))
    const started = performance.now()
    assert.ok(isFirst(await source.keysOf('client')))
    assert.ok(performance.now() - started < 50)
  })

  test('is not one that answers badly: a bad name must not shut out the good ones', async (t) => {
    const { source } = await start(t, ({ url = '' }, answer) => {
      if (url.endsWith('good')) answer.end(first.pem)
      else answer.writeHead(500).end()
    })
    for (let i = 0; i < 20; i += 1) await assert.rejects(source.keysOf(`bad${i}`))
    assert.ok(isFirst(await source.keysOf('good')))
  })
})
