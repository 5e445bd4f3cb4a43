/**
 * Requests that two programs could read differently (security.md H-05, H-06): one answer, 400, the
 * connection closed, and nothing behind it is read as another request.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, test } from 'node:test'
import { ADMIN_KEY, startTestService } from '../support/service.ts'

const jotter = await startTestService({ after }, { DATABASE_URL: 'memory:' })
const host = new URL(jotter.address).host

const SMUGGLED = `GET /v1/token/15550000000/smuggled HTTP/1.1\r\nHost: ${host}\r\n\r\n`
const BODY = '{"phone_number":"15550000000","xid":"smuggled"}'

const get = (lines: string, target = '/v1/token/15550000000/smuggled', version = 'HTTP/1.1') =>
  `GET ${target} ${version}\r\n${lines}\r\n`
const post = (lines: string, body = '') =>
  `POST /v1/token HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\n${lines}\r\n${body}`
const chunked = (body: string) => post('Transfer-Encoding: chunked\r\n', body)
const HOST = `Host: ${host}\r\n`
const TE = 'Transfer-Encoding:'
const LENGTH = `Content-Length: ${BODY.length}\r\n`
const size = BODY.length.toString(16)

const ATTACKS: readonly (readonly [name: string, bytes: string])[] = [
  [
    'Content-Length and Transfer-Encoding',
    post(`Content-Length: 4\r\n${TE} chunked\r\n`, '0\r\n\r\n'),
  ],
  [
    'Transfer-Encoding and Content-Length',
    post(`${TE} chunked\r\nContent-Length: 4\r\n`, '0\r\n\r\n'),
  ],
  ['two different Content-Lengths', post(`${LENGTH}Content-Length: 0\r\n`, BODY)],
  ['two equal Content-Lengths', post(LENGTH + LENGTH, BODY)],
  ['a list as Content-Length', post(`Content-Length: ${BODY.length}, ${BODY.length}\r\n`, BODY)],
  ['a Content-Length with a sign', post(`Content-Length: +${BODY.length}\r\n`, BODY)],
  ['a negative Content-Length', post('Content-Length: -1\r\n', BODY)],
  ['a hexadecimal Content-Length', post(`Content-Length: 0x${size}\r\n`, BODY)],
  ['an empty Content-Length', post('Content-Length: \r\n', BODY)],
  ['a Content-Length beyond 64 bits', post('Content-Length: 99999999999999999999\r\n', BODY)],
  ['chunked, identity', post(`${TE} chunked, identity\r\n`, '0\r\n\r\n')],
  ['identity', post(`${TE} identity\r\n`, '0\r\n\r\n')],
  ['xchunked', post(`${TE} xchunked\r\n`, '0\r\n\r\n')],
  ['gzip, chunked', post(`${TE} gzip, chunked\r\n`, '0\r\n\r\n')],
  ['chunked twice in one field', post(`${TE} chunked, chunked\r\n`, '0\r\n\r\n')],
  ['chunked in two fields', post(`${TE} chunked\r\n${TE} chunked\r\n`, '0\r\n\r\n')],
  ['chunked and identity in two fields', post(`${TE} chunked\r\n${TE} identity\r\n`, '0\r\n\r\n')],
  ['chunked with a parameter', post(`${TE} chunked;q=1\r\n`, '0\r\n\r\n')],
  ['a vertical tab before chunked', post(`${TE} \x0bchunked\r\n`, '0\r\n\r\n')],
  ['a space before the colon', post(`Transfer-Encoding : chunked\r\n`, '0\r\n\r\n')],
  ['a folded line', post(`X-A: b\r\n c\r\n${LENGTH}`, BODY)],
  ['a folded first line', get(` ${HOST}`)],
  ['bare LF in the header', get(`X-A: b\n${HOST}`)],
  ['bare LF throughout', get(HOST).replaceAll('\r\n', '\n')],
  ['bare CR in a value', get(`${HOST}X-A: b\rX-B: c\r\n`)],
  ['NUL in a value', get(`${HOST}X-A: b\0c\r\n`)],
  ['a chunk size with a sign', chunked(`+${size}\r\n${BODY}\r\n0\r\n\r\n`)],
  ['a negative chunk size', chunked(`-1\r\n${BODY}\r\n0\r\n\r\n`)],
  ['a chunk size with 0x', chunked(`0x${size}\r\n${BODY}\r\n0\r\n\r\n`)],
  ['a chunk size that is none', chunked(`g\r\n${BODY}\r\n0\r\n\r\n`)],
  ['an empty chunk size', chunked(`\r\n${BODY}\r\n0\r\n\r\n`)],
  ['a chunk size with a space', chunked(`${size} \r\n${BODY}\r\n0\r\n\r\n`)],
  ['a chunk size beyond 64 bits', chunked(`fffffffffffffffff\r\n${BODY}\r\n0\r\n\r\n`)],
  ['bare LF after a chunk size', chunked(`${size}\n${BODY}\r\n0\r\n\r\n`)],
  ['a chunk longer than its size', chunked(`1\r\n${BODY}\r\n0\r\n\r\n`)],
  ['1 MB of chunk extensions', chunked(`${size};${'a'.repeat(1e6)}\r\n${BODY}\r\n0\r\n\r\n`)],
  [
    'a target with another authority',
    get(HOST, 'http://evil.example/v1/token/15550000000/smuggled'),
  ],
  ['a target that is an authority', get(HOST, 'evil.example:80')],
  ['a target with a fragment', get(HOST, '/v1/token/15550000000/smuggled#a')],
  ['* as the target of GET', get(HOST, '*')],
  ['a GET with a body', get(`${HOST}Content-Length: ${SMUGGLED.length}\r\n`)],
  ['a GET with an empty chunked body', `${get(`${HOST}${TE} chunked\r\n`)}0\r\n\r\n`],
  ['a GET whose body is no chunk', `${get(`${HOST}${TE} chunked\r\n`)}ZZ\r\n`],
  [
    'a transfer coding in HTTP/1.0',
    `${get(`${HOST}Connection: keep-alive\r\n${TE} chunked\r\n`, undefined, 'HTTP/1.0')}0\r\n\r\n`,
  ],
  ['no Host', get('X-A: b\r\n')],
  ['two Hosts', get(HOST + HOST)],
  [
    'an upgrade to h2c',
    get(
      `${HOST}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n`,
    ),
  ],
  ['an upgrade to websocket', get(`${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n`)],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['HTTP/3.0', get(HOST, undefined, 'HTTP/3.0')],
  ['HTTP/1.10', get(HOST, undefined, 'HTTP/1.10')],
  ['no version', get(HOST, undefined, '')],
  ['two Authorizations', get(`${HOST}Authorization: Bearer a\r\nAuthorization: Bearer b\r\n`)],
  ['two Content-Types', post(`Content-Type: application/json\r\n${LENGTH}`, BODY)],
]

test('H-06 an upgrade to h2c is told to ask for HTTP/1.1 (decision 0013)', async () => {
  const [answer] = await jotter.raw(
    get(`${HOST}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n`),
  )
  assert.equal(
    JSON.parse(answer?.body ?? '').detail,
    'no upgrade is offered: ask with HTTP/1.1 only, as `curl --http1.1` or Java version(HTTP_1_1)',
  )
})

test('H-06 what follows an early answer is no second one', async () => {
  // Refused before its body is read, which then turns out to be none.
  const early = `DELETE /v1/token HTTP/1.1\r\n${HOST}${TE} chunked\r\n\r\n`
  const { hostname, port } = new URL(jotter.address)
  const socket = connect(Number(port), hostname)
  socket.write(early)
  const [first] = (await once(socket, 'data')) as [Buffer]
  assert.match(first.toString('latin1'), /^HTTP\/1\.1 405 /)
  const rest: Buffer[] = []
  socket.on('data', (bytes: Buffer) => rest.push(bytes))
  socket.write('ZZ\r\n')
  await once(socket, 'close')
  assert.equal(Buffer.concat(rest).toString('latin1'), '')
})

for (const [row, [name, bytes]] of ATTACKS.entries()) {
  test(`H-06 ${name}: 400, closed, nothing after it is parsed`, async () => {
    const xid = `smuggl${String(row).padStart(2, '0')}`
    const answers = await jotter.raw((bytes + SMUGGLED).replaceAll('smuggled', xid))
    assert.equal((await jotter.get(`/v1/transactions/${xid}`, ADMIN_KEY)).status, 404)
    assert.deepEqual(
      answers.map(({ status }) => status),
      [400],
    )
    const [answer] = answers
    assert.equal(answer?.headers.get('connection'), 'close')
    assert.equal(answer?.headers.get('content-type'), 'application/problem+json')
    assert.match(answer?.headers.get('x-request-id') ?? '', /^[A-Za-z0-9._-]{1,64}$/)
    assert.equal(JSON.parse(answer?.body ?? '').code, 'invalid_request')
  })
}
