/** Header fields: too many, twice, forged (security.md H-05, H-13; X-Request-Id). */
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { ADMIN_KEY, startTestService } from '../support/service.ts'

const jotter = await startTestService({ after }, { DATABASE_URL: 'memory:' })
const host = new URL(jotter.address).host
const PATH = '/v1/token/15555551212'

const request = (lines: string) => `GET ${PATH} HTTP/1.1\r\nHost: ${host}\r\n${lines}\r\n`
/** `count` header fields in all, with Host and Connection. */
const fields = (count: number) =>
  request(
    `${Array.from({ length: count - 2 }, (_, i) => `X-${i}: a\r\n`).join('')}Connection: close\r\n`,
  )

describe('H-05', () => {
  for (const [count, status] of [
    [100, 200],
    [101, 431],
    [2001, 431],
  ] as const) {
    test(`${count} header fields are answered with ${status}`, async () => {
      const [answer] = await jotter.raw(fields(count))
      assert.equal(answer?.status, status)
      if (status === 431) assert.equal(JSON.parse(answer?.body ?? '').code, 'headers_too_large')
      assert.equal(answer?.headers.get('connection'), 'close')
    })
  }

  test('header fields of 16 KiB and one byte are 431', async () => {
    const [answer] = await jotter.raw(request(`X-A: ${'a'.repeat(16 * 1024 + 1)}\r\n`))
    assert.equal(answer?.status, 431)
  })

  test('a field of 15 kB on each of 100 connections at once is served', async () => {
    const bytes = request(`X-A: ${'a'.repeat(15_000)}\r\nConnection: close\r\n`)
    const answers = await Promise.all(Array.from({ length: 100 }, () => jotter.raw(bytes)))
    assert.deepEqual([...new Set(answers.flat().map(({ status }) => status))], [200])
  })

  for (const name of [
    'Authorization',
    'Content-Length',
    'Content-Type',
    'Host',
    'Idempotency-Key',
  ]) {
    test(`two ${name} fields are 400, whatever their case`, async () => {
      const lines = `${name}: 0\r\n${name.toUpperCase()}: 0\r\n`
      const [answer] = await jotter.raw(request(lines))
      assert.equal(answer?.status, 400)
      assert.equal(answer?.headers.get('connection'), 'close')
    })
  }

  test('two fields of another name are served', async () => {
    const [answer] = await jotter.raw(request('X-A: 1\r\nX-A: 2\r\nConnection: close\r\n'))
    assert.equal(answer?.status, 200)
  })
})

describe('H-06', () => {
  test('a tab before chunked is white space (RFC 9110 §5.6.3), and the body is read as chunked', async () => {
    const body = '{"phone_number":"15555551212","xid":"tab-1"}'
    const head = `POST /v1/token HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\n`
    const chunk = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`
    const lines = 'Transfer-Encoding:\tchunked\r\nConnection: close\r\n\r\n'
    const answers = await jotter.raw(head + lines + chunk)
    assert.deepEqual(
      answers.map(({ status }) => status),
      [201],
    )
  })

  test('what stands behind `Connection: close` is not read, and the answer before it arrives', async () => {
    const answers = await jotter.raw(
      `${request('Connection: close\r\n')}GET ${PATH}/behind HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
    )
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200],
    )
    assert.equal((await jotter.get('/v1/transactions/behind', ADMIN_KEY)).status, 404)
  })

  test("garbage behind a good request does not take its answer's place", async () => {
    const answers = await jotter.raw(`${request('')}garbage\r\n\r\n`)
    assert.equal(answers[0]?.status, 200)
    assert.ok(answers.length === 1 || answers[1]?.status === 400)
  })

  test('an expectation that nobody knows is ignored', async () => {
    const [answer] = await jotter.raw(request('Expect: a-miracle\r\nConnection: close\r\n'))
    assert.equal(answer?.status, 200)
    assert.notEqual(answer?.headers.get('x-request-id'), null)
  })

  test('HTTP/1.0 needs no Host', async () => {
    const [answer] = await jotter.raw(`GET ${PATH} HTTP/1.0\r\n\r\n`)
    assert.equal(answer?.status, 200)
  })
})

describe('X-Request-Id', () => {
  for (const given of ['a', 'A.b_c-9', 'x'.repeat(64)]) {
    test(`${given.slice(0, 10)} is taken from the request and returned`, async () => {
      const { headers, body } = await jotter.rawGet('/nothing', `X-Request-Id: ${given}\r\n`)
      assert.equal(headers.get('x-request-id'), given)
      assert.equal(JSON.parse(body).request_id, given)
    })
  }

  for (const line of [
    'X-Request-Id: ',
    `X-Request-Id: ${'x'.repeat(65)}`,
    'X-Request-Id: a b',
    'X-Request-Id: a"b',
    'X-Request-Id: {"level":60}',
    'X-Request-Id: \x1b[31m',
    'X-Request-Id: ä',
    'X-Request-Id: a\r\nX-Request-Id: b',
    'X-Other: a',
  ]) {
    test(`${JSON.stringify(line).slice(0, 40)} gets a new one each time`, async () => {
      const ids = [1, 2].map(async () => {
        const { headers } = await jotter.rawGet('/nothing', `${line}\r\n`)
        return headers.get('x-request-id') ?? ''
      })
      const [first = '', second = ''] = await Promise.all(ids)
      assert.match(first, /^[A-Za-z0-9._-]{10,64}$/)
      assert.notEqual(first, second)
      assert.ok(!line.includes(first))
    })
  }
})
