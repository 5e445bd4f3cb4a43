/** Bodies that are not what they say (security.md H-08, B-12 to B-16, D-12, D-13). */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { ADMIN_KEY, startTestService } from '../support/service.ts'

const jotter = await startTestService({ after }, { DATABASE_URL: 'memory:' })
const JSON_TYPE = 'application/json'
const PHONE = '15555551212'
const GOOD = `{"phone_number":"${PHONE}"}`

const utf16 = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le')
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
/** `text` inside an otherwise good body. */
const beside = (text: string) => `{"phone_number":"${PHONE}",${text}}`

interface Row {
  readonly type?: string
  readonly encoding?: string
  readonly body: string | Uint8Array<ArrayBuffer>
  readonly status: number
}

const ROWS: Readonly<Record<string, Row>> = {
  'nothing at all': { type: JSON_TYPE, body: '', status: 400 },
  'no JSON': { type: JSON_TYPE, body: '{"phone_number":', status: 400 },
  'two JSON texts': { type: JSON_TYPE, body: GOOD + GOOD, status: 400 },
  null: { type: JSON_TYPE, body: 'null', status: 400 },
  'an array': { type: JSON_TYPE, body: `[${GOOD}]`, status: 400 },
  'a string': { type: JSON_TYPE, body: `"${PHONE}"`, status: 400 },
  'a number': { type: JSON_TYPE, body: PHONE, status: 400 },
  'a byte order mark': { type: JSON_TYPE, body: `\ufeff${GOOD}`, status: 400 },
  'UTF-16': { type: JSON_TYPE, body: utf16(GOOD), status: 400 },
  'bytes that are no UTF-8': {
    type: JSON_TYPE,
    body: Buffer.from(beside('"xid":"\xff"'), 'latin1'),
    status: 400,
  },
  'comments and commas': { type: JSON_TYPE, body: `{"phone_number":"${PHONE}",/**/}`, status: 400 },
  'single quotes': { type: JSON_TYPE, body: `{'phone_number':'${PHONE}'}`, status: 400 },
  'the name __proto__': {
    type: JSON_TYPE,
    body: beside('"__proto__":{"admin":true}'),
    status: 400,
  },
  constructor: { type: JSON_TYPE, body: beside('"constructor":{"prototype":{}}'), status: 400 },
  'a name twice': { type: JSON_TYPE, body: beside('"phone_number":"16666666666"'), status: 400 },
  'a name twice, once escaped': {
    type: JSON_TYPE,
    body: beside('"phone\\u005fnumber":"16666666666"'),
    status: 400,
  },
  'NUL in a string': { type: JSON_TYPE, body: beside('"xid":"a\\u0000"'), status: 400 },
  'half of a surrogate pair': { type: JSON_TYPE, body: beside('"xid":"\\ud800"'), status: 400 },
  'a number beyond 2^53': { type: JSON_TYPE, body: beside('"xid":9007199254740993'), status: 400 },
  '33 levels': { type: JSON_TYPE, body: nested(33), status: 400 },
  '8,000 levels': { type: JSON_TYPE, body: nested(8_000), status: 400 },
  '1,000 members': {
    type: JSON_TYPE,
    body: `{${Array.from({ length: 1_000 }, (_, i) => `"a${i}":0`)}}`,
    status: 400,
  },
  '16 KiB': { type: JSON_TYPE, body: GOOD.padEnd(16 * 1024), status: 201 },
  '16 KiB and a byte': { type: JSON_TYPE, body: GOOD.padEnd(16 * 1024 + 1), status: 413 },
  '5 MB': { type: JSON_TYPE, body: GOOD.padEnd(5e6), status: 413 },
  'a gzip bomb': {
    type: JSON_TYPE,
    encoding: 'gzip',
    body: gzipSync(Buffer.alloc(1e7)),
    status: 415,
  },
  'a chain of encodings': {
    type: JSON_TYPE,
    encoding: 'gzip, gzip, br, deflate',
    body: GOOD,
    status: 415,
  },
  'an encoding that is none': { type: JSON_TYPE, encoding: 'identity', body: GOOD, status: 415 },
  'no content type': { body: Buffer.from(GOOD), status: 415 },
  'text/plain': { type: 'text/plain', body: GOOD, status: 415 },
  'a form': {
    type: 'application/x-www-form-urlencoded',
    body: `phone_number=${PHONE}`,
    status: 415,
  },
  'another JSON type': { type: 'application/problem+json', body: GOOD, status: 415 },
  'a content type that is none': { type: 'json', body: GOOD, status: 415 },
  'a prefix of the type': { type: 'application/jsonp', body: GOOD, status: 415 },
  'two content types in one': {
    type: 'text/plain, application/json',
    body: GOOD,
    status: 415,
  },
  'charset=utf-7': { type: `${JSON_TYPE}; charset=utf-7`, body: GOOD, status: 415 },
  'charset=utf-16': { type: `${JSON_TYPE}; charset=utf-16`, body: utf16(GOOD), status: 415 },
  'charset=iso-8859-1': { type: `${JSON_TYPE}; charset=iso-8859-1`, body: GOOD, status: 415 },
  'charset=utf-8': { type: `${JSON_TYPE}; charset=utf-8`, body: GOOD, status: 201 },
  'charset=UTF-8 without a space': { type: `${JSON_TYPE};charset=UTF-8`, body: GOOD, status: 201 },
  'charset="utf-8"': { type: `${JSON_TYPE}; charset="utf-8"`, body: GOOD, status: 201 },
  'the type in capitals': { type: 'Application/JSON', body: GOOD, status: 201 },
}

const CODES: Readonly<Record<number, string>> = {
  400: 'invalid_request',
  413: 'payload_too_large',
  415: 'unsupported_media_type',
}

for (const [name, { type, encoding, body, status }] of Object.entries(ROWS)) {
  test(`H-08 a body of ${name} is ${status}`, async () => {
    const answer = await jotter.request('/v1/token', {
      method: 'POST',
      headers: {
        ...(type !== undefined && { 'content-type': type }),
        ...(encoding !== undefined && { 'content-encoding': encoding }),
      },
      body,
    })
    assert.equal(answer.status, status)
    if (status === 201) return
    assert.equal(answer.headers.get('content-type'), 'application/problem+json')
    const text = await answer.text()
    assert.equal(JSON.parse(text).code, CODES[status])
    assert.ok(!text.includes(PHONE), 'the answer does not repeat the phone number')
  })
}

test('H-08 refused bodies leave nothing behind', async () => {
  const good = Object.values(ROWS).filter(({ status }) => status === 201).length
  const { items } = (await (await jotter.get('/v1/transactions', ADMIN_KEY)).json()) as {
    items: unknown[]
  }
  assert.equal(items.length, good)
  assert.equal(({} as { admin?: boolean }).admin, undefined)
})

test('H-08 a GET with a body is refused: the answer would leave before it is read', async () => {
  const answer = await jotter.raw(
    `GET /v1/token/${PHONE}/get-body HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${GOOD.length}\r\nConnection: close\r\n\r\n${GOOD}`,
  )
  assert.deepEqual(
    answer.map(({ status }) => status),
    [400],
  )
  assert.equal((await jotter.get('/v1/transactions/get-body', ADMIN_KEY)).status, 404)
})

test('a request that says it is JSON and sends no body is served where none is wanted', async () => {
  await jotter.get(`/v1/token/${PHONE}/no-body`)
  const answer = await jotter.request('/v1/transactions/no-body/revoke', {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
  })
  assert.equal(answer.status, 200)
})

test('a request that names a type and has no body is answered at once', async () => {
  for (const line of ['POST /v1/token', 'POST /login', 'DELETE /v1/clients/nobody']) {
    const started = performance.now()
    const [answer] = await jotter.raw(
      `${line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: ${JSON_TYPE}\r\n\r\n`,
    )
    assert.ok([400, 401].includes(answer?.status ?? 0), line)
    assert.ok(performance.now() - started < 5_000)
  }
})
