/** Addresses and methods (security.md E-02, E-09, H-07; behaviour.md A1, item 3). */
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { ADMIN_KEY, startTestService } from '../support/service.ts'

const PHONE = '15555551212'
const jotter = await startTestService({ after }, { DATABASE_URL: 'memory:' })
const host = new URL(jotter.address).host
const request = (method: string, path: string, lines = '') =>
  `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\n${lines}Connection: close\r\n\r\n`

const tokensIssued = async () => {
  const { body } = await jotter.rawGet('/metrics')
  return Number(/^jotter_tokens_issued_total\{[^}]*\} (\d+)$/m.exec(body)?.[1] ?? 0)
}

test('what the parser refuses is answered with the header fields of every answer', async () => {
  const { headers: usual } = await jotter.rawGet('/nothing')
  for (const bytes of ['GARBAGE\r\n\r\n', 'MINT / HTTP/1.1\r\nHost: h\r\n\r\n']) {
    const [answer] = await jotter.raw(bytes)
    for (const name of ['cache-control', 'pragma', 'referrer-policy', 'x-content-type-options']) {
      assert.notEqual(usual.get(name), null)
      assert.equal(answer?.headers.get(name), usual.get(name), name)
    }
  }
})

describe('E-02', () => {
  for (const [path, status, code] of [
    [`/v1/token/${PHONE}/`, 400, 'xid_invalid'],
    [`/v1/token/${PHONE}/..`, 400, 'xid_invalid'],
    [`/v1/token/${PHONE}/.`, 400, 'xid_invalid'],
    [`/v1/token/${PHONE}/%2e%2e`, 400, 'xid_invalid'],
    [`/v1/token/${PHONE}/%2e%2e%2f`, 400, 'xid_invalid'],
    [`/v1/token/${PHONE}/%2f`, 400, 'xid_invalid'],
    [`/v1/token/${PHONE}/%5c`, 400, 'xid_invalid'],
    [`/v1/token/${PHONE}/..;`, 400, 'xid_invalid'],
    [`/v1/token/${PHONE}/..;/`, 404, 'not_found'],
    [`/v1/token/${PHONE}/a/`, 404, 'not_found'],
    [`/v1/token/${PHONE}/a/b`, 404, 'not_found'],
    [`/v1/token/${PHONE}/./a`, 404, 'not_found'],
    [`/v1/token/${PHONE}/a;jsessionid=1`, 400, 'xid_invalid'],
    [`/v1/token/${PHONE};jsessionid=1`, 400, 'phone_number_invalid'],
    [`/v1/token/${PHONE}/a%00`, 400, 'xid_invalid'],
    [`/v1/token/${PHONE}/a%0d%0aX-A:1`, 400, 'xid_invalid'],
    [`/v1/token/${PHONE}%0d%0aX-A:1`, 400, 'phone_number_invalid'],
    [`/v1/token/${PHONE}/%E0%A4%A`, 400, 'invalid_request'],
    [`/v1/token/${PHONE}/%ff`, 400, 'invalid_request'],
    [`/v1/token/${PHONE}/%c0%ae`, 400, 'invalid_request'],
    [`/v1/token/${PHONE}/%ed%a0%80`, 400, 'invalid_request'],
    [`/v1/token/${PHONE}/%`, 400, 'invalid_request'],
    [`/v1/token/${PHONE}/%252e`, 400, 'xid_invalid'],
    [`/v1/token/${PHONE}/${'x'.repeat(4096)}`, 400, 'xid_invalid'],
    [`/v1/token/${'1'.repeat(4096)}`, 400, 'phone_number_invalid'],
    [`/v1/token/${'%25'.repeat(2000)}`, 400, 'phone_number_invalid'],
    ['/v1/token/', 400, 'phone_number_invalid'],
    ['/v1/token//a', 400, 'phone_number_invalid'],
    ['/v1/token/%20', 400, 'phone_number_invalid'],
    ['/v1/token/%2b', 400, 'phone_number_invalid'],
    [`//v1/token/${PHONE}`, 404, 'not_found'],
    [`/v1//token/${PHONE}`, 404, 'not_found'],
    [`/v1/./token/${PHONE}`, 404, 'not_found'],
    [`/v1/x/../token/${PHONE}`, 404, 'not_found'],
    [`/v1\\token\\${PHONE}`, 404, 'not_found'],
    [`/V1/TOKEN/${PHONE}`, 404, 'not_found'],
    ['/nothing', 404, 'not_found'],
    ['/openapiXjson', 404, 'not_found'],
    ['/v1/token', 405, 'method_not_allowed'],
  ] as const) {
    test(`GET ${path.slice(0, 60)} is ${status} ${code}`, async () => {
      const before = await tokensIssued()
      const answer = await jotter.rawGet(path)
      assert.equal(answer.status, status)
      assert.equal(answer.headers.get('content-type'), 'application/problem+json')
      assert.equal(answer.headers.get('x-a'), null)
      assert.equal(answer.headers.get('set-cookie'), null)
      assert.equal(JSON.parse(answer.body).code, code)
      assert.ok(!answer.body.includes(PHONE), 'the answer does not repeat the phone number')
      assert.equal(await tokensIssued(), before)
    })
  }

  test('escapes that stand for allowed characters are the characters', async () => {
    const answer = await jotter.rawGet(`/v1/token/%2B${PHONE}/%6frder-1`)
    assert.equal(answer.headers.get('location'), '/v1/transactions/order-1')
  })

  test("a query says nothing to the tutorial's routes", async () => {
    const answer = await jotter.rawGet(`/v1/token/${PHONE}/order-2?xid=other&phone_number=1`)
    assert.equal(answer.status, 200)
    assert.equal(answer.headers.get('location'), '/v1/transactions/order-2')
  })

  test('a target in absolute form is ours when it names the Host', async () => {
    const [answer] = await jotter.raw(request('GET', `http://${host}/v1/token/${PHONE}/absolute`))
    assert.equal(answer?.headers.get('location'), '/v1/transactions/absolute')
  })

  test('an address over 16 KiB is 431 and the connection is closed', async () => {
    const [answer] = await jotter.raw(request('GET', `/v1/token/${'1'.repeat(16 * 1024)}`))
    assert.equal(answer?.status, 431)
    assert.equal(JSON.parse(answer?.body ?? '').code, 'headers_too_large')
  })
})

describe('item 3, H-07', () => {
  const OTHERS = ['HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY']
  const UNKNOWN = ['CONNECT', 'MINT', 'get', 'GETT', 'M'.repeat(5000)]
  for (const method of [...OTHERS, ...UNKNOWN]) {
    for (const path of [`/v1/token/${PHONE}`, `/v1/token/${PHONE}/method`]) {
      test(`${method.slice(0, 10)} ${path} is 405 with Allow: GET and mints nothing`, async () => {
        const before = await tokensIssued()
        const [answer] = await jotter.raw(request(method, path))
        assert.equal(answer?.status, 405)
        assert.equal(answer?.headers.get('allow'), 'GET')
        assert.match(answer?.headers.get('x-request-id') ?? '', /^[A-Za-z0-9._-]{1,64}$/)
        if (method === 'HEAD') assert.equal(answer?.body, '')
        else assert.equal(JSON.parse(answer?.body ?? '').code, 'method_not_allowed')
        assert.equal(await tokensIssued(), before)
      })
    }
  }

  for (const [method, path, allow] of [
    ['GET', '/v1/token', 'POST'],
    ['PUT', '/v1/token', 'POST'],
    ['MINT', '/v1/token?a=b', 'POST'],
    ['POST', '/v1/transactions', 'GET, HEAD'],
    ['DELETE', '/v1/transactions/order-1', 'GET, HEAD'],
    ['GET', '/v1/transactions/order-1/revoke', 'POST'],
    ['PATCH', '/v1/api-keys', 'POST, GET, HEAD'],
    ['GET', '/v1/api-keys/abc', 'DELETE'],
    ['POST', '/openapi.json', 'GET, HEAD'],
    ['PUT', '/', 'POST, GET, HEAD'],
  ] as const) {
    test(`${method} ${path} is 405 with Allow: ${allow}`, async () => {
      const [answer] = await jotter.raw(request(method, path))
      assert.equal(answer?.status, 405)
      assert.equal(answer?.headers.get('allow'), allow)
    })
  }

  test('405 comes before the body is looked at', async () => {
    const lines = 'Content-Type: text/plain\r\nContent-Length: 2\r\n'
    const [answer] = await jotter.raw(`${request('PUT', `/v1/token/${PHONE}`, lines)}hi`)
    assert.equal(answer?.status, 405)
  })

  test('an unknown method at an unknown address is 400 and the connection is closed', async () => {
    const [answer] = await jotter.raw(request('MINT', '/nothing'))
    assert.equal(answer?.status, 400)
  })

  for (const name of ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override']) {
    test(`${name} is ignored`, async () => {
      const [deleted] = await jotter.raw(
        request('GET', '/v1/api-keys', `Authorization: Bearer ${ADMIN_KEY}\r\n${name}: DELETE\r\n`),
      )
      assert.equal(deleted?.status, 200)
      const [minted] = await jotter.raw(request('POST', `/v1/token/${PHONE}`, `${name}: GET\r\n`))
      assert.equal(minted?.status, 405)
    })
  }
})

describe('E-09', () => {
  for (const line of [
    'Sec-Purpose: prefetch',
    'Sec-Purpose: prefetch;prerender',
    'Purpose: prefetch',
    'X-Moz: prefetch',
  ]) {
    test(`${line} is refused with 403 and mints nothing`, async () => {
      const before = await tokensIssued()
      for (const target of [
        `GET /v1/token/${PHONE}`,
        `GET /v1/token/${PHONE}/a`,
        'POST /v1/token',
      ]) {
        const [method = '', path = ''] = target.split(' ')
        const [answer] = await jotter.raw(request(method, path, `${line}\r\n`))
        assert.equal(answer?.status, 403)
        assert.equal(JSON.parse(answer?.body ?? '').code, 'prefetch_refused')
      }
      assert.equal(await tokensIssued(), before)
    })
  }

  for (const [what, path] of [
    ['a token', `/v1/token/${PHONE}/headers`],
    ['a refusal', '/v1/token/none'],
    ['an unknown address', '/nothing'],
    ['a bad escape', '/%ff'],
    ['a wrong method', '/v1/token'],
    ['a missing key', '/v1/transactions'],
    ['a page', '/'],
  ]) {
    test(`${what} may not be kept, sniffed or told to other sites`, async () => {
      const { headers } = await jotter.rawGet(path ?? '')
      assert.equal(headers.get('cache-control'), 'no-store')
      assert.equal(headers.get('pragma'), 'no-cache')
      assert.equal(headers.get('referrer-policy'), 'no-referrer')
      assert.equal(headers.get('x-content-type-options'), 'nosniff')
    })
  }
})
