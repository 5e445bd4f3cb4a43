/** What may be sent as a body, and what attackers send (security.md A and B, behaviour.md items 66-68). */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { generateKey, publicJwk } from '@jotter/token'
import { CLIENT_KEY, logIn, register, requestToken, send } from '../../support/machines.ts'
import { NOW, startTestService } from '../../support/service.ts'

const jotter = await startTestService({ after }, { DATABASE_URL: 'memory:' })
await register(jotter, 'client', { not_before_seconds: 0 })

const answerOf = async (answer: Response) => [answer.status, await answer.text()]
const post = (path: string, body: string | Uint8Array, headers: Record<string, string>) =>
  jotter.request(path, { method: 'POST', body: Buffer.from(body), headers })
const encode = (part: object | string) =>
  Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url')

describe('item 58: the body is the token, of any content type', () => {
  for (const type of [
    'application/jwt',
    'text/plain',
    'text/plain; charset=utf-8',
    'application/x-www-form-urlencoded',
    'application/json',
    'application/octet-stream',
    'multipart/form-data; boundary=x',
    'what/ever',
  ]) {
    test(`${type}`, async () => {
      const headers = { 'content-type': type }
      const login = await post('/login', await requestToken(), headers)
      assert.equal(login.status, 200)
      assert.equal((await post('/', await login.text(), headers)).status, 200)
    })
  }

  test('or of what is no content type', async () => {
    const token = await requestToken()
    for (const type of ['', 'a', 'text', '*', ';;;', '"', '__proto__', '\xff']) {
      const head = `POST /login HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: ${type}`
      const [answer] = await jotter.raw(
        `${head}\r\nContent-Length: ${token.length}\r\n\r\n${token}`,
      )
      assert.equal(answer?.status, 200, type)
    }
  })

  test('or none', async () => {
    const { status } = await send(jotter, '/', await logIn(jotter))
    assert.equal(status, 200)
  })

  test('in pieces', async () => {
    const token = await requestToken()
    const [head, tail] = [token.slice(0, 10), token.slice(10)]
    const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`
    const [answer] = await jotter.raw(
      `POST /login HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n${chunk(head)}${chunk(tail)}0\r\n\r\n`,
    )
    assert.equal(answer?.status, 200)
  })

  test('but not compressed', async () => {
    const body = gzipSync(await requestToken())
    for (const path of ['/login', '/']) {
      const answer = await post(path, body, { 'content-encoding': 'gzip' })
      assert.deepEqual(await answerOf(answer), [415, 'the body must not be compressed'])
      assert.equal(answer.headers.get('content-type'), 'text/plain')
    }
  })
})

describe('what is no JWT is 400 at /login and 403 at the gate', async () => {
  const good = await requestToken()
  const [header = '', payload = '', signature = ''] = good.split('.')
  const rows: readonly (readonly [name: string, body: string | Uint8Array])[] = [
    ['nothing', ''],
    ['a word', 'token'],
    ['two segments', `${header}.${payload}`],
    ['four segments', `${good}.`],
    ['dots', '.'.repeat(8000)],
    ['a line break behind it', `${good}\n`],
    ['a space before it', ` ${good}`],
    ['a NUL in it', `${header}.${payload}\0.${signature}`],
    ['quotes around it', `"${good}"`],
    ['JSON around it', JSON.stringify({ token: good })],
    ['a form around it', `token=${good}`],
    ['Bearer before it', `Bearer ${good}`],
    ['padding', `${header}.${payload}=.${signature}`],
    ['bytes beyond ASCII', Buffer.from([0xff, 0xfe, 0x00, 0x80])],
    ['gzip that does not say so', gzipSync(good)],
    ['a mark for the order of bytes', `\ufeff${good}`],
    ['claims that are no object', `${header}.${encode('["client"]')}.${signature}`],
    ['claims that are no JSON', `${header}.${encode('{iss:client}')}.${signature}`],
    ['iss twice', `${header}.${encode('{"iss":"client","iss":"admin"}')}.${signature}`],
    ['a crit', `${encode({ alg: 'RS256', crit: ['x'], x: 1 })}.${payload}.${signature}`],
    ['8193 characters', `${header}.${'a'.repeat(8192 - header.length)}`],
    ['16 KiB', 'a'.repeat(16_384)],
  ]
  for (const [name, body] of rows) {
    test(name, async () => {
      const login = await send(jotter, '/login', body)
      assert.equal(login.status, 400)
      assert.match(await login.text(), /^(Invalid token|Not enough segments)$/)
      assert.equal(login.headers.get('content-type'), 'text/plain')
      assert.equal((await send(jotter, '/', body)).status, 403)
    })
  }

  test('item 61: no body at all is 403 at the gate', async () => {
    const answer = await jotter.request('/', { method: 'POST' })
    assert.deepEqual(await answerOf(answer), [403, 'Not enough segments'])
    assert.equal((await jotter.request('/login', { method: 'POST' })).status, 400)
  })

  test('1 MB is 413 before anything is read', async () => {
    for (const path of ['/login', '/']) {
      const answer = await send(jotter, path, 'a'.repeat(1_000_000))
      assert.equal(answer.status, 413)
      assert.equal(answer.headers.get('content-type'), 'text/plain')
    }
  })
})

describe('item 68: a name that nobody can have is unknown, whatever it would do to an address', () => {
  const names: readonly (readonly [name: string, iss: unknown])[] = [
    ['nobody', undefined],
    ['null', null],
    ['a number', 7],
    ['a list', ['client']],
    ['a list of two', ['client', 'admin']],
    ['an object', { client: 'client' }],
    ['true', true],
    ['an empty text', ''],
    ['a parameter more', 'client&identity=admin'],
    ['a fragment', 'client#x'],
    ['a path', '../client'],
    ['a slash', 'a/b'],
    ['an escape', 'client%00'],
    ['a line break', 'client\n'],
    ['a header', 'client\r\nHost: evil'],
    ['a space', 'client '],
    ['10 kB', 'c'.repeat(5_000)],
    ['a name of every object', '__proto__'],
    ['another one', 'constructor'],
    ['in capitals', 'Client'],
    ['one that looks the same', 'clіent'],
    ['a stranger', 'stranger'],
  ]
  for (const [name, iss] of names) {
    test(name, async () => {
      const answer = await send(jotter, '/login', await requestToken({ iss } as never))
      assert.deepEqual(await answerOf(answer), [401, 'Nobody is known by that name'])
      assert.equal(answer.headers.get('www-authenticate'), 'Bearer realm="jotter"')
    })
  }
})

describe('item 66: the algorithm comes from the key', () => {
  const claims = encode({ iss: 'client' })
  const jwk = JSON.stringify(publicJwk(CLIENT_KEY))
  const { keyObject } = CLIENT_KEY
  const login = async (token: string) => answerOf(await send(jotter, '/login', token))

  for (const alg of ['none', 'None', 'NONE', 'nOnE']) {
    test(`A-01 ${alg}`, async () => {
      const input = `${encode({ typ: 'JWT', alg })}.${claims}`
      const refused = [403, 'The specified alg value is not allowed']
      assert.deepEqual(await login(`${input}.`), refused)
      assert.deepEqual(await login(`${input}.AAAA`), refused)
    })
  }

  const secrets = {
    PEM: keyObject.export({ type: 'spki', format: 'pem' }),
    'PEM without the last line break': String(
      keyObject.export({ type: 'spki', format: 'pem' }),
    ).trimEnd(),
    'PKCS#1': keyObject.export({ type: 'pkcs1', format: 'pem' }),
    DER: keyObject.export({ type: 'spki', format: 'der' }),
    JWK: jwk,
  }
  for (const [form, secret] of Object.entries(secrets)) {
    test(`HS256 with the public key of the client as a secret: ${form}`, async () => {
      const input = `${encode({ typ: 'JWT', alg: 'HS256' })}.${claims}`
      const signature = createHmac('sha256', secret).update(input).digest('base64url')
      const refused = [403, 'The specified alg value is not allowed']
      assert.deepEqual(await login(`${input}.${signature}`), refused)
    })
  }

  test('another algorithm of the same family', async () => {
    const key = await generateKey('PS256')
    await register(jotter, 'pss', {}, key)
    assert.equal((await login(await requestToken({ iss: 'pss' }, key)))[0], 200)
    const input = `${encode({ alg: 'RS256' })}.${encode({ iss: 'pss' })}`
    const [, , signature] = (await requestToken({ iss: 'pss' }, key)).split('.')
    assert.deepEqual(await login(`${input}.${signature}`), [
      403,
      'The specified alg value is not allowed',
    ])
  })

  test('a key that the token brings along, or points to', async () => {
    const own = await generateKey('RS256')
    for (const more of [
      { jwk: publicJwk(own) },
      { jku: 'http://127.0.0.1:1/keys' },
      { x5u: 'http://127.0.0.1:1/cert' },
      { x5c: ['AAAA'] },
      { kid: own.kid },
      { kid: '../../dev/null' },
      { kid: "' OR '1'='1" },
      { kid: '' },
    ]) {
      const input = `${encode({ alg: 'RS256', ...more })}.${claims}`
      const token = `${input}.${await own.sign(input)}`
      assert.deepEqual(await login(token), [403, 'Signature verification failed'], encode(more))
    }
  })

  test('A-02 a named key is for tokens that name it, and for those that name none', async () => {
    const key = await generateKey('ES256', { kid: 'mine' })
    const { kid, ...rest } = publicJwk(key)
    const answer = await jotter.post(
      '/v1/clients',
      { id: 'named', jwk: { ...rest, kid } },
      'an-admin-key-that-only-tests-know-0123456789',
    )
    assert.equal(answer.status, 201)
    const token = async (header: object) => {
      const input = `${encode({ alg: 'ES256', ...header })}.${encode({ iss: 'named' })}`
      return `${input}.${await key.sign(input)}`
    }
    assert.equal((await login(await token({ kid: 'mine' })))[0], 200)
    assert.equal((await login(await token({})))[0], 200)
    for (const other of ['', 'Mine', 'mine ', 'yours']) {
      const refused = [403, 'The token names an unknown key']
      assert.deepEqual(await login(await token({ kid: other })), refused)
    }
  })

  test('C-09 a token of another type', async () => {
    for (const typ of ['at+jwt', 'use+jwt', 'logout+jwt', 'JWT ']) {
      const input = `${encode({ alg: 'RS256', typ })}.${claims}`
      const token = `${input}.${await CLIENT_KEY.sign(input)}`
      assert.deepEqual(await login(token), [403, 'The token is of another type'])
    }
    for (const typ of ['jwt', 'application/jwt', 'client-authentication+jwt']) {
      const input = `${encode({ alg: 'RS256', typ })}.${claims}`
      assert.equal((await login(`${input}.${await CLIENT_KEY.sign(input)}`))[0], 200)
    }
  })
})

describe('other methods', () => {
  for (const [path, allow] of [
    ['/login', 'POST'],
    ['/', 'GET, HEAD, POST'],
  ] as const) {
    test(`are 405 at ${path}, and say which may`, async () => {
      for (const method of ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
        if (allow.split(', ').includes(method)) continue
        const answer = await jotter.request(path, { method })
        assert.equal(answer.status, 405, method)
        assert.deepEqual(answer.headers.get('allow')?.split(', ').sort(), allow.split(', ').sort())
      }
    })
  }

  test('GET / is still the page for people', async () => {
    const answer = await jotter.get('/')
    assert.equal(answer.status, 200)
    assert.match(answer.headers.get('content-type') ?? '', /^text\/html/)
  })

  test('a prefetch never mints', async () => {
    const answer = await post('/login', await requestToken(), { 'sec-purpose': 'prefetch' })
    assert.equal(answer.status, 403)
  })
})

test('nothing of a token is in a log or an answer', async () => {
  const token = await requestToken({ iss: 'client', exp: NOW / 1000 - 1 })
  const answer = await send(jotter, '/login', token)
  assert.equal(answer.status, 403)
  const text = `${await answer.text()}${jotter.log.join('')}`
  for (const part of token.split('.')) assert.ok(!text.includes(part))
})
