/** Pages of other origins (security.md H-10). */
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { startTestService } from '../support/service.ts'

const APP = 'https://app.example.com'
const PATH = '/v1/token/15555551212'

const shut = await startTestService({ after }, { DATABASE_URL: 'memory:' })
const open = await startTestService(
  { after },
  { DATABASE_URL: 'memory:', JOTTER_CORS_ORIGINS: `${APP}, http://localhost:3000` },
)

const ask = (origin: string, { rawGet } = open, path = PATH) =>
  rawGet(path, `Origin: ${origin}\r\n`)
const preflight = async (origin: string, { raw } = open, path = PATH) => {
  const lines = `Origin: ${origin}\r\nAccess-Control-Request-Method: DELETE\r\nAccess-Control-Request-Headers: authorization\r\n`
  const [answer] = await raw(
    `OPTIONS ${path} HTTP/1.1\r\nHost: h\r\n${lines}Connection: close\r\n\r\n`,
  )
  assert.ok(answer)
  return answer
}
const corsOf = (headers: Headers) =>
  Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control-')))

test('H-10 by default no origin is allowed and OPTIONS is 405', async () => {
  const { headers } = await ask(APP, shut)
  assert.deepEqual(corsOf(headers), {})
  const answer = await preflight(APP, shut)
  assert.equal(answer.status, 405)
  assert.equal(answer.headers.get('allow'), 'GET')
  assert.deepEqual(corsOf(answer.headers), {})
})

describe('H-10 with CORS_ORIGINS', () => {
  for (const origin of [APP, 'http://localhost:3000']) {
    test(`${origin} is allowed by its name, without credentials`, async () => {
      const { status, headers } = await ask(origin)
      assert.equal(status, 200)
      assert.deepEqual(corsOf(headers), {
        'access-control-allow-origin': origin,
        'access-control-expose-headers':
          'location, ratelimit, ratelimit-policy, retry-after, x-request-id',
      })
      assert.equal(headers.get('vary'), 'Origin')
    })

    test(`a preflight of ${origin} is answered, also where a key is needed`, async () => {
      for (const path of [PATH, '/v1/api-keys/0123456789ab']) {
        const { status, headers, body } = await preflight(origin, open, path)
        assert.equal(status, 204)
        assert.equal(body, '')
        assert.equal(headers.get('access-control-allow-origin'), origin)
        assert.equal(headers.get('access-control-allow-headers'), 'authorization')
        assert.match(headers.get('access-control-allow-methods') ?? '', /\bDELETE\b/)
        assert.equal(headers.get('access-control-allow-credentials'), null)
      }
    })
  }

  test('a page of an allowed origin may send JSON and a token to the routes of users', async () => {
    for (const [path, method, fields] of [
      ['/auth/login', 'POST', 'content-type'],
      ['/auth/password', 'POST', 'authorization,content-type'],
      ['/auth/logout', 'POST', 'authorization'],
      ['/auth/status', 'GET', 'authorization'],
      ['/token/refresh', 'POST', 'content-type'],
    ] as const) {
      const lines = `Origin: ${APP}\r\nAccess-Control-Request-Method: ${method}\r\nAccess-Control-Request-Headers: ${fields}\r\n`
      const [answer] = await open.raw(
        `OPTIONS ${path} HTTP/1.1\r\nHost: h\r\n${lines}Connection: close\r\n\r\n`,
      )
      assert.equal(answer?.status, 204)
      assert.equal(answer.headers.get('access-control-allow-origin'), APP)
      assert.equal(answer.headers.get('access-control-allow-headers'), fields)
      assert.ok(answer.headers.get('access-control-allow-methods')?.includes(method))
    }
    const refused = await open.request('/auth/status', { headers: { origin: APP } })
    assert.equal(refused.status, 401)
    assert.equal(refused.headers.get('access-control-allow-origin'), APP)
  })

  for (const origin of [
    'null',
    'https://evil.example',
    'https://app.example.com.evil.example',
    'https://evil-app.example.com',
    'https://app.example.co',
    'http://app.example.com',
    'https://app.example.com:8443',
    'https://APP.example.com',
    'https://app.example.com/',
    'https://app.example.com, https://evil.example',
    '*',
  ]) {
    test(`${origin} is not`, async () => {
      const { headers } = await ask(origin)
      assert.deepEqual(corsOf(headers), {})
      assert.equal(headers.get('vary'), 'Origin')
      const answer = await preflight(origin)
      assert.equal(answer.status, 405)
      assert.deepEqual(corsOf(answer.headers), {})
    })
  }

  test('an error can be read by an allowed page too', async () => {
    for (const path of ['/v1/transactions', '/nothing', '/v1/token/none']) {
      const { headers } = await ask(APP, open, path)
      assert.equal(headers.get('access-control-allow-origin'), APP)
    }
  })

  test('OPTIONS without an origin is 405 as any other method', async () => {
    const answer = await open.request(PATH, { method: 'OPTIONS' })
    assert.equal(answer.status, 405)
    assert.equal(answer.headers.get('allow'), 'GET')
  })
})
