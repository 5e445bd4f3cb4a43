import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { compactVerify, jwtVerify } from 'jose'
import { CUSTOMER, NOW, startTestService } from '../../../../../test/support/service.ts'
import { claimsOf, json, PHONE } from '../../../../../test/support/transactions.ts'

/** behaviour.md B7: the documented token, and its key. */
const DOCUMENTED_KEY =
  'ABC12345yusumoN6BYsBVkh+yRJ5czgsnCehZaOYldPJdmFh6NeX8kunZ2zU1YWaUw/0wV6xfw=='
const VECTOR =
  'eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJGRkZGRkZGRi1FRUVFLUREREQtMTIzNC1BQjEyMzQ1Njc4OTAiLCJpYXQiOjE0OTk5OTk5OTAsImV4cCI6MTUwMDAwMDA4MCwicGhuIjoiMTU1NTU1NTEyMTIiLCJ4aWQiOiIxMTExMTExMS0yMjIyLTQzMzMtODQ0NC01NTU1NTU1NTU1NTUifQ._PTAWFliQ6DNj_PvC7b4rbRq4OlRwCLi4J3JDXNADsI'

const KEY = Buffer.from(CUSTOMER.TELESIGN_API_KEY, 'base64')

const jotter = await startTestService({ after })
const { get, post } = jotter

describe('the token', () => {
  test('items 2, 9-15: the documented token comes out byte for byte', async (t) => {
    const { get } = await startTestService(t, { TELESIGN_API_KEY: DOCUMENTED_KEY })
    const answer = await get('/v1/token/15555551212/11111111-2222-4333-8444-555555555555')
    assert.equal(answer.status, 200)
    assert.equal(await answer.text(), VECTOR)
  })

  test('items 3-5: status 200, text/plain, Allow: GET, and the token is the whole body', async () => {
    const answer = await get(`/v1/token/${PHONE}/headers-1`)
    const body = await answer.text()
    assert.equal(answer.status, 200)
    assert.match(body, /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/)
    const wanted = {
      'content-type': 'text/plain',
      'content-length': String(body.length),
      allow: 'GET',
      'cache-control': 'no-store',
      location: '/v1/transactions/headers-1',
    }
    for (const [name, value] of Object.entries(wanted)) {
      assert.equal(answer.headers.get(name), value, name)
    }
  })

  test('item 10: it verifies with the base64-decoded key, not with the key as it is written', async () => {
    const token = await (await get(`/v1/token/${PHONE}`)).text()
    const currentDate = new Date(NOW)
    const { protectedHeader } = await jwtVerify(token, KEY, { algorithms: ['HS256'], currentDate })
    assert.deepEqual(Object.entries(protectedHeader), [
      ['typ', 'JWT'],
      ['alg', 'HS256'],
    ])
    const undecoded = new TextEncoder().encode(CUSTOMER.TELESIGN_API_KEY)
    await assert.rejects(compactVerify(token, undecoded), {
      code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    })
  })

  test('item 11: the claims are iss, iat, exp, phn and xid, in this order and no others', async () => {
    const token = await (await get(`/v1/token/+${PHONE}/claims-1`)).text()
    assert.deepEqual(Object.entries(claimsOf(token)), [
      ['iss', CUSTOMER.TELESIGN_CUSTOMER_ID],
      ['iat', 1_499_999_990],
      ['exp', 1_500_000_080],
      ['phn', PHONE],
      ['xid', 'claims-1'],
    ])
  })

  test('items 12, 13, 15: iat is 10 s ago, exp is iat + 90 and 80 s from now, in whole seconds', async (t) => {
    const { get, clock } = await startTestService(t, { DATABASE_URL: 'memory:' })
    for (const milliseconds of [0, 1, 999]) {
      clock.at = NOW + 7_000 + milliseconds
      const { iat, exp } = claimsOf(await (await get(`/v1/token/${PHONE}`)).text())
      assert.deepEqual({ iat, exp }, { iat: NOW / 1000 + 7 - 10, exp: NOW / 1000 + 7 + 80 })
    }
  })

  test('items 1, 14: without an xid the service makes a UUID version 7 of its own clock', async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => get(`/v1/token/${PHONE}`)))
    const xids = await Promise.all(answers.map(async (answer) => claimsOf(await answer.text()).xid))
    assert.equal(new Set(xids).size, 5)
    for (const xid of xids) {
      assert.match(xid, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
      assert.equal(Number.parseInt(xid.replace('-', '').slice(0, 12), 16), NOW)
    }
  })

  for (const [accept, type] of [
    ['*/*', 'text/plain'],
    ['text/html, */*;q=0.1', 'text/plain'],
    ['text/plain', 'text/plain'],
    ['application/problem+json', 'text/plain'],
    ['application/json;q=0, */*', 'text/plain'],
    ['application/json;q=0.5, text/plain', 'text/plain'],
    ['application/json', 'application/json; charset=utf-8'],
    ['Application/JSON', 'application/json; charset=utf-8'],
    ['application/json, text/plain, */*', 'application/json; charset=utf-8'],
    ['text/plain;q=0.5, application/json;q=0.9', 'application/json; charset=utf-8'],
  ] as const) {
    test(`Accept: ${accept} is answered with ${type}`, async () => {
      const answer = await jotter.request(`/v1/token/${PHONE}/accept-1`, { headers: { accept } })
      assert.equal(answer.status, 200)
      assert.equal(answer.headers.get('content-type'), type)
      assert.equal(answer.headers.get('allow'), 'GET')
    })
  }

  test('with Accept: application/json GET answers what POST answers', async () => {
    const headers = { accept: 'application/json' }
    const byGet = await json(await jotter.request(`/v1/token/${PHONE}/twin-1`, { headers }))
    const byPost = await json(await post('/v1/token', { phone_number: PHONE, xid: 'twin-1' }))
    assert.deepEqual(byGet, byPost)
  })
})

describe('POST /v1/token', () => {
  test('answers 201 with the token, what it is for, its times and where its transaction is', async () => {
    const answer = await post('/v1/token', { phone_number: '+1 (555) 555-1212', xid: 'post-1' })
    const body = await json<{ token: string }>(answer)
    assert.equal(answer.status, 201)
    assert.equal(answer.headers.get('location'), '/v1/transactions/post-1')
    assert.equal(answer.headers.get('cache-control'), 'no-store')
    assert.equal(answer.headers.get('content-type'), 'application/json; charset=utf-8')
    assert.deepEqual(Object.entries(body), [
      ['token', body.token],
      ['xid', 'post-1'],
      ['phone_number', PHONE],
      ['issued_at', '2017-07-14T02:40:00.000Z'],
      ['expires_at', '2017-07-14T02:41:20.000Z'],
    ])
    assert.equal(claimsOf(body.token).phn, PHONE)
  })

  const phone_number = PHONE
  for (const [why, body, code, pointer] of [
    ['an empty object', {}, 'invalid_request', '/phone_number'],
    ['a number', { phone_number: 15555551212 }, 'invalid_request', '/phone_number'],
    ['an array', { phone_number: [PHONE] }, 'invalid_request', '/phone_number'],
    ['an operator object', { phone_number: { $ne: null } }, 'invalid_request', '/phone_number'],
    ['null as xid', { phone_number, xid: null }, 'invalid_request', '/xid'],
    ['a member too many', { phone_number, role: 'admin' }, 'invalid_request', '/role'],
    ['a name that must be escaped', { phone_number, 'a/b~c': 1 }, 'invalid_request', '/a~1b~0c'],
    ['no phone number', { phone_number: 'nobody' }, 'phone_number_invalid', undefined],
    ['an empty xid', { phone_number, xid: '' }, 'xid_invalid', undefined],
  ] as const) {
    test(`D-12, D-13: refuses ${why}: ${code}`, async () => {
      const answer = await post('/v1/token', body)
      const problem = await json<{ code: string; errors?: { pointer: string }[] }>(answer)
      assert.equal(answer.status, 400)
      assert.equal(problem.code, code)
      assert.equal(problem.errors?.[0]?.pointer, pointer)
    })
  }
})
