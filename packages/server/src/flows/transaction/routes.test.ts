import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, describe, test } from 'node:test'
import { compactVerify, jwtVerify } from 'jose'
import {
  ADMIN_KEY,
  CUSTOMER,
  NOW,
  startTestService,
  type TestService,
} from '../../../../../test/support/service.ts'

/** behaviour.md B7: the documented token, and its key. */
const DOCUMENTED_KEY =
  'ABC12345yusumoN6BYsBVkh+yRJ5czgsnCehZaOYldPJdmFh6NeX8kunZ2zU1YWaUw/0wV6xfw=='
const VECTOR =
  'eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJGRkZGRkZGRi1FRUVFLUREREQtMTIzNC1BQjEyMzQ1Njc4OTAiLCJpYXQiOjE0OTk5OTk5OTAsImV4cCI6MTUwMDAwMDA4MCwicGhuIjoiMTU1NTU1NTEyMTIiLCJ4aWQiOiIxMTExMTExMS0yMjIyLTQzMzMtODQ0NC01NTU1NTU1NTU1NTUifQ._PTAWFliQ6DNj_PvC7b4rbRq4OlRwCLi4J3JDXNADsI'

const PHONE = '15555551212'
const KEY = Buffer.from(CUSTOMER.TELESIGN_API_KEY, 'base64')

const jotter = await startTestService({ after })
const { get, post } = jotter

interface Whole {
  xid: string
  phone_number: string
  status: string
  token?: string
  token_sha256?: string
  issued_at: string
  expires_at: string
  updated_at: string
  history: { status: string; at: string; by: string; detail: string | null }[]
}

const json = async <T = Record<string, unknown>>(answer: Response): Promise<T> =>
  (await answer.json()) as T
const codeOf = async (answer: Response) => (await json<{ code: string }>(answer)).code
const transaction = async (xid: string, { get }: TestService = jotter) =>
  json<Whole>(await get(`/v1/transactions/${xid}`, ADMIN_KEY))
const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
const countOf = async (phone: string, { get }: TestService = jotter) => {
  const page = await get(`/v1/transactions?phone_number=${phone}`, ADMIN_KEY)
  return (await json<{ items: unknown[] }>(page)).items.length
}
/** A phone number of its own for each test. */
const unusedPhones = Array.from({ length: 1_000 }, (_, i) => `1555${String(i).padStart(7, '0')}`)
const newPhone = () => unusedPhones.pop() as string

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

describe('phone numbers', () => {
  const written = ['+15555551212', '1 555 555 1212', '1.555.555.1212', '+1 (555) 555-1212']
  for (const [phone, byPath, byJson] of [
    ['15555551212', PHONE, PHONE],
    ['+15555551212', PHONE, PHONE],
    ['1234567', '1234567', '1234567'],
    ['123456789012345', '123456789012345', '123456789012345'],
    ...written.slice(1).map((text) => [text, undefined, PHONE] as const),
    ['123456', undefined, undefined],
    ['1234567890123456', undefined, undefined],
    ['0155555512', undefined, undefined],
    ['++15555551212', undefined, undefined],
    ['1555555121２', undefined, undefined],
    ['١٥٥٥٥٥٥١٢١٢', undefined, undefined],
    ['1e10555', undefined, undefined],
    ['0x15555551', undefined, undefined],
    ['tel:15555551212', undefined, undefined],
    ['15555551212\n', undefined, undefined],
    ['1555555\u00a01212', undefined, undefined],
    ['1'.repeat(40), undefined, undefined],
    ['__proto__', undefined, undefined],
  ] as const) {
    const said = JSON.stringify(phone)
    test(`E-01: ${said} in a path is ${byPath ?? 'refused'}`, async () => {
      const answer = await get(`/v1/token/${encodeURIComponent(phone)}`)
      if (byPath === undefined) {
        assert.equal(await codeOf(answer), 'phone_number_invalid')
        assert.equal(answer.status, 400)
      } else assert.equal(claimsOf(await answer.text()).phn, byPath)
    })
    test(`E-01: ${said} in JSON is ${byJson ?? 'refused'}`, async () => {
      const answer = await post('/v1/token', { phone_number: phone })
      assert.equal(answer.status, byJson === undefined ? 400 : 201)
      const { code, token } = await json<{ code?: string; token?: string }>(answer)
      if (byJson === undefined) assert.equal(code, 'phone_number_invalid')
      else assert.equal(claimsOf(token ?? '').phn, byJson)
    })
  }

  test('E-01: two spellings of a number share its budget', async (t) => {
    const { post } = await startTestService(t, {
      DATABASE_URL: 'memory:',
      JOTTER_RATE_LIMIT_PHONE: '4/minute',
    })
    for (const phone_number of written) {
      assert.equal((await post('/v1/token', { phone_number })).status, 201)
    }
    assert.equal((await post('/v1/token', { phone_number: PHONE })).status, 429)
  })
})

describe('xids', () => {
  for (const xid of ['a', 'x'.repeat(100), 'A.b_c~d-9', 'ORDER-1', 'constructor', '__proto__']) {
    test(`E-03: ${xid} is taken as it is and found again`, async () => {
      const phone = newPhone()
      const answer = await get(`/v1/token/${phone}/${xid}`)
      assert.equal(answer.status, 200)
      assert.equal(claimsOf(await answer.text()).xid, xid)
      assert.equal((await transaction(xid)).phone_number, phone)
    })
  }

  for (const xid of [
    '',
    'x'.repeat(101),
    'x'.repeat(4096),
    'a b',
    'a/b',
    'a\\b',
    'a"b',
    "a'b",
    'a*',
    'a;b=c',
    'a%2eb',
    'a\0',
    'a\r\nX-A:1',
    'ä',
    '\u{1f600}',
    '.',
    '..',
  ]) {
    test(`E-03: ${JSON.stringify(xid).slice(0, 40)} is refused and nothing is stored`, async () => {
      const phone_number = newPhone()
      const answer = await post('/v1/token', { phone_number, xid })
      assert.equal(answer.status, 400)
      assert.match(await answer.text(), xid === 'a\0' ? /"invalid_request"/ : /"xid_invalid"/)
      assert.equal(await countOf(phone_number), 0)
    })
  }

  test('E-03: xids differ by case', async () => {
    const [lower, upper] = [newPhone(), newPhone()]
    assert.equal((await get(`/v1/token/${lower}/case-a`)).status, 200)
    assert.equal((await get(`/v1/token/${upper}/CASE-A`)).status, 200)
    assert.equal((await transaction('case-a')).phone_number, lower)
    assert.equal((await transaction('CASE-A')).phone_number, upper)
  })
})

describe('the same xid again', () => {
  test('item 28, E-04: gives a fresh token of the same transaction, and its history says so', async (t) => {
    const service = await startTestService(t)
    const { get, clock } = service
    const tokens: string[] = []
    for (const seconds of [0, 0, 1, 200]) {
      clock.pass(seconds)
      tokens.push(await (await get(`/v1/token/${PHONE}/again`)).text())
    }
    const [first, atOnce, later, afterExpiry] = tokens
    assert.equal(atOnce, first)
    assert.deepEqual(
      [later, afterExpiry].map((token) => claimsOf(token ?? '').iat),
      [NOW / 1000 - 9, NOW / 1000 + 191],
    )
    const { history, token, issued_at, expires_at, updated_at, status } = await transaction(
      'again',
      service,
    )
    assert.deepEqual(
      { token, issued_at, expires_at, updated_at, status },
      {
        token: afterExpiry,
        issued_at: '2017-07-14T02:43:21.000Z',
        expires_at: '2017-07-14T02:44:41.000Z',
        updated_at: '2017-07-14T02:43:21.000Z',
        status: 'issued',
      },
    )
    const by = 'open'
    assert.deepEqual(history, [
      { status: 'issued', at: '2017-07-14T02:40:00.000Z', by, detail: null },
      { status: 'issued', at: '2017-07-14T02:40:00.000Z', by, detail: 'issued again' },
      { status: 'issued', at: '2017-07-14T02:40:01.000Z', by, detail: 'issued again' },
      { status: 'issued', at: '2017-07-14T02:43:21.000Z', by, detail: 'issued again' },
    ])
    assert.equal(await countOf(PHONE, service), 1)
  })

  test('E-04: 50 at once give one transaction with 50 entries', async () => {
    const phone = newPhone()
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => get(`/v1/token/${phone}/at-once`)),
    )
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
    assert.equal((await transaction('at-once')).history.length, 50)
    assert.equal(await countOf(phone), 1)
  })

  test('E-05: with another phone number it is 409, and the first number is not told', async () => {
    const [first, other] = [newPhone(), newPhone()]
    await get(`/v1/token/${first}/taken`)
    const before = await transaction('taken')
    const answers = [
      await get(`/v1/token/${other}/taken`),
      await post('/v1/token', { phone_number: other, xid: 'taken' }),
    ]
    for (const answer of answers) {
      const body = await answer.text()
      assert.equal(answer.status, 409)
      assert.match(body, /"xid_conflict"/)
      assert.ok(!body.includes(first) && !body.includes(first.slice(-4)))
    }
    assert.deepEqual(await transaction('taken'), before)
    assert.equal(await countOf(other), 0)
  })

  test('E-05: of 20 phone numbers at once exactly one gets the xid', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => get(`/v1/token/${newPhone()}/contested`)),
    )
    const statuses = answers.map(({ status }) => status).sort()
    assert.deepEqual(statuses, [200, ...Array.from({ length: 19 }, () => 409)])
  })

  for (const status of ['completed', 'failed', 'revoked'] as const) {
    test(`of a ${status} transaction is 409 transaction_closed`, async () => {
      const phone_number = newPhone()
      const xid = `closed-${status}`
      await get(`/v1/token/${phone_number}/${xid}`)
      const { transactions } = await jotter.stores()
      const to = { status, at: NOW, by: 'test', detail: undefined }
      assert.ok(
        await transactions.advance(CUSTOMER.TELESIGN_CUSTOMER_ID, xid, { from: ['issued'], to }),
      )
      const before = await transaction(xid)
      assert.equal(before.status, status)
      for (const answer of [
        await get(`/v1/token/${phone_number}/${xid}`),
        await post('/v1/token', { phone_number, xid }),
      ]) {
        assert.equal(answer.status, 409)
        assert.equal(await codeOf(answer), 'transaction_closed')
      }
      assert.deepEqual(await transaction(xid), before)
    })
  }

  test('of a presented transaction is a fresh token, and it stays presented', async () => {
    const phone = newPhone()
    await get(`/v1/token/${phone}/presented`)
    const { transactions } = await jotter.stores()
    const to = { status: 'presented', at: NOW, by: 'test', detail: undefined } as const
    await transactions.advance(CUSTOMER.TELESIGN_CUSTOMER_ID, 'presented', { from: ['issued'], to })
    assert.equal((await get(`/v1/token/${phone}/presented`)).status, 200)
    assert.equal((await transaction('presented')).status, 'presented')
  })
})

describe('Idempotency-Key', () => {
  const once = (phone_number: string, key: string, { post }: TestService = jotter, by?: string) =>
    post('/v1/token', { phone_number }, by, { 'idempotency-key': key })

  test('repeats the first answer, also after the clock has moved', async (t) => {
    const service = await startTestService(t)
    const first = await json(await once(PHONE, 'retry-1', service))
    for (const seconds of [0, 30, 3_600, 82_000]) {
      service.clock.pass(seconds)
      const again = await once(PHONE, 'retry-1', service)
      assert.equal(again.status, 201)
      assert.equal(again.headers.get('location'), `/v1/transactions/${first.xid}`)
      assert.deepEqual(await json(again), first)
    }
    assert.equal(await countOf(PHONE, service), 1)
    assert.equal((await transaction(String(first.xid), service)).history.length, 1)
  })

  test('stands for another transaction once a day has passed', async (t) => {
    const service = await startTestService(t)
    const first = await json(await once(PHONE, 'retry-1', service))
    service.clock.pass(86_400)
    assert.equal((await json(await once(PHONE, 'retry-1', service))).xid, first.xid)
    service.clock.pass(1)
    const second = await json(await once(PHONE, 'retry-1', service))
    assert.notEqual(second.xid, first.xid)
    assert.equal((await json(await once(PHONE, 'retry-1', service))).xid, second.xid)
    service.clock.pass(86_401)
    assert.equal((await once(newPhone(), 'retry-1', service)).status, 201)
  })

  test('with another body is 422 idempotency_mismatch, and nothing is stored', async () => {
    const other = newPhone()
    await once(newPhone(), 'mismatch')
    const answer = await once(other, 'mismatch')
    assert.equal(answer.status, 422)
    assert.equal(await codeOf(answer), 'idempotency_mismatch')
    assert.equal(await countOf(other), 0)
  })

  test('belongs to its caller: two API keys and an open caller may use the same', async () => {
    const phone = newPhone()
    const [one, two] = await Promise.all([
      jotter.newKey(['transactions:write']),
      jotter.newKey(['transactions:write']),
    ])
    const answers = [
      await once(phone, 'shared'),
      await once(phone, 'shared', jotter, one),
      await once(phone, 'shared', jotter, two),
      await once(phone, 'shared', jotter, one),
    ]
    const xids = await Promise.all(answers.map(async (answer) => (await json(answer)).xid))
    assert.equal(new Set(xids).size, 3)
    assert.equal(xids[3], xids[1])
  })

  test('20 posts at once with one key give one transaction and one token', async () => {
    const phone = newPhone()
    const answers = await Promise.all(Array.from({ length: 20 }, () => once(phone, 'parallel')))
    const bodies = await Promise.all(answers.map((answer) => answer.text()))
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [201])
    assert.equal(new Set(bodies).size, 1)
    assert.equal(await countOf(phone), 1)
    const { xid } = JSON.parse(bodies[0] ?? '')
    assert.equal((await transaction(xid)).history.length, 1)
  })

  for (const [why, key] of [
    ['empty', ''],
    ['too long', 'k'.repeat(256)],
    ['not printable', 'käse'],
    ['two words', 'two words'],
  ] as const) {
    test(`that is ${why} is 400 idempotency_key_invalid, and nothing is stored`, async () => {
      const phone = newPhone()
      const answer = await once(phone, key)
      assert.equal(answer.status, 400)
      assert.equal(await codeOf(answer), 'idempotency_key_invalid')
      assert.equal(await countOf(phone), 0)
    })
  }
})

describe('looking up', () => {
  test('items 16, 17: the transaction is found by its xid, with all that is known of it', async () => {
    const phone = newPhone()
    const token = await (await get(`/v1/token/${phone}/look-up`)).text()
    const answer = await get('/v1/transactions/look-up', ADMIN_KEY)
    assert.equal(answer.status, 200)
    assert.equal(answer.headers.get('cache-control'), 'no-store')
    assert.deepEqual(await json(answer), {
      xid: 'look-up',
      customer_id: CUSTOMER.TELESIGN_CUSTOMER_ID,
      phone_number: phone,
      status: 'issued',
      token,
      issued_at: '2017-07-14T02:40:00.000Z',
      expires_at: '2017-07-14T02:41:20.000Z',
      updated_at: '2017-07-14T02:40:00.000Z',
      reference_id: null,
      history: [{ status: 'issued', at: '2017-07-14T02:40:00.000Z', by: 'open', detail: null }],
    })
  })

  test('item 16: and by its phone number, however that is written', async () => {
    const phone = newPhone()
    await get(`/v1/token/${phone}/by-phone`)
    for (const text of [phone, `+${phone}`, ` ${phone.slice(0, 4)}-(${phone.slice(4)}) `]) {
      const path = `/v1/transactions?phone_number=${encodeURIComponent(text)}`
      const { items } = await json<{ items: Whole[] }>(await get(path, ADMIN_KEY))
      assert.deepEqual(
        items.map(({ xid }) => xid),
        ['by-phone'],
      )
    }
  })

  for (const xid of ['unknown', '%00', 'a%2fb', 'x'.repeat(4096), '%F0%9F%98%80', '', '..;']) {
    test(`an xid that nobody used is 404: ${JSON.stringify(xid).slice(0, 40)}`, async () => {
      const answer = await get(`/v1/transactions/${xid}`, ADMIN_KEY)
      assert.equal(answer.status, 404)
      assert.equal(await codeOf(answer), 'transaction_not_found')
    })
  }

  test('expired is derived from the time, and no row changes', async (t) => {
    const service = await startTestService(t)
    await service.get(`/v1/token/${PHONE}/derived`)
    for (const [milliseconds, status] of [
      [79_999, 'issued'],
      [80_000, 'expired'],
    ] as const) {
      service.clock.at = NOW + milliseconds
      const { history, ...whole } = await transaction('derived', service)
      assert.equal(whole.status, status)
      assert.equal(history.length, 1)
      for (const filter of ['issued', 'expired']) {
        const { items } = await json<{ items: Whole[] }>(
          await service.get(`/v1/transactions?status=${filter}`, ADMIN_KEY),
        )
        assert.equal(items.length, filter === status ? 1 : 0, `${filter} at ${milliseconds}`)
        assert.ok(items.every((item) => item.status === status))
      }
    }
  })

  test('STORE_TOKENS=digest keeps only the SHA-256 of the token', async (t) => {
    const service = await startTestService(t, { JOTTER_STORE_TOKENS: 'digest' })
    const token = await (await service.get(`/v1/token/${PHONE}/digest`)).text()
    const { token: kept, token_sha256 } = await transaction('digest', service)
    assert.equal(kept, undefined)
    assert.equal(token_sha256, createHash('sha256').update(token).digest('hex'))
    const retry = { 'idempotency-key': 'digest' }
    const body = { phone_number: PHONE }
    const first = await json(await service.post('/v1/token', body, undefined, retry))
    assert.deepEqual(await json(await service.post('/v1/token', body, undefined, retry)), first)
  })
})

describe('revoking', () => {
  const revoke = (xid: string, key = ADMIN_KEY) =>
    post(`/v1/transactions/${xid}/revoke`, undefined, key)

  test('ends an open transaction and says by whom in its history', async () => {
    const key = await jotter.newKey(['transactions:write'])
    await get(`/v1/token/${newPhone()}/revoke-1`)
    const answer = await revoke('revoke-1', key)
    const whole = await json<Whole>(answer)
    assert.equal(answer.status, 200)
    assert.equal(whole.status, 'revoked')
    assert.deepEqual(whole.history.at(-1), {
      status: 'revoked',
      at: '2017-07-14T02:40:00.000Z',
      by: key.split('_')[1],
      detail: null,
    })
    assert.deepEqual(await transaction('revoke-1'), whole)
  })

  test('applies once, whoever races', async () => {
    await get(`/v1/token/${newPhone()}/revoke-2`)
    const answers = await Promise.all(Array.from({ length: 20 }, () => revoke('revoke-2')))
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
    assert.equal((await transaction('revoke-2')).history.length, 2)
  })

  test('a look-up beside it shows status and history of one moment', async () => {
    const phone = newPhone()
    await Promise.all(
      Array.from({ length: 30 }, async (_, i) => {
        const xid = `moment-${i}`
        await get(`/v1/token/${phone}/${xid}`)
        const revoked = post(`/v1/transactions/${xid}/revoke`, undefined, ADMIN_KEY)
        const looks = Array.from({ length: 4 }, () => transaction(xid))
        for (const { status, history } of [
          await json<Whole>(await revoked),
          ...(await Promise.all(looks)),
        ]) {
          assert.equal(history.at(-1)?.status, status)
        }
      }),
    )
  })

  test('an expired one is revoked, not expired', async (t) => {
    const service = await startTestService(t)
    await service.get(`/v1/token/${PHONE}/late`)
    service.clock.pass(80)
    await service.post('/v1/transactions/late/revoke', undefined, ADMIN_KEY)
    assert.equal((await transaction('late', service)).status, 'revoked')
  })

  test('a completed one is 409 and stays completed; an unknown one is 404', async () => {
    await get(`/v1/token/${newPhone()}/done`)
    const { transactions } = await jotter.stores()
    const to = { status: 'completed', at: NOW, by: 'test', detail: undefined } as const
    await transactions.advance(CUSTOMER.TELESIGN_CUSTOMER_ID, 'done', { from: ['issued'], to })
    const refused = await revoke('done')
    assert.equal(refused.status, 409)
    assert.equal(await codeOf(refused), 'transaction_closed')
    assert.equal((await transaction('done')).status, 'completed')
    assert.equal((await revoke('nobody-used-this')).status, 404)
  })
})

describe('lists', () => {
  interface Page {
    items: Whole[]
    next: string | null
  }

  /** 500 rows, five on each millisecond, in the order of the list. */
  const ROWS = Array.from({ length: 500 }, (_, i) => {
    const [letter, millisecond] = ['~baZA'[i % 5] as string, 99 - Math.floor(i / 5)]
    return {
      xid: `row-${letter}-${millisecond}`,
      phoneNumber: letter === 'Z' || letter === 'A' ? '16660000001' : '16660000000',
      issuedAt: NOW + millisecond,
    }
  })

  async function startWithRows() {
    const service = await startTestService({ after })
    const { transactions } = await service.stores()
    await Promise.all(
      ROWS.map((row) =>
        transactions.insert({
          ...row,
          customerId: CUSTOMER.TELESIGN_CUSTOMER_ID,
          status: 'issued',
          token: 'x.y.z',
          tokenSha256: undefined,
          expiresAt: NOW + 80_000,
          updatedAt: row.issuedAt,
          referenceId: undefined,
          openedAt: row.issuedAt,
          openedBy: 'test',
        }),
      ),
    )
    return service
  }
  const lists = startWithRows()
  const list = async (query: string, service?: TestService) => {
    const { get } = service ?? (await lists)
    return get(`/v1/transactions?${query}`, ADMIN_KEY)
  }
  const page = async (query: string, service?: TestService) =>
    json<Page>(await list(query, service))
  const xidsOf = ({ items }: Page) => items.map(({ xid }) => xid)

  test('leave out token and history, newest first', async (t) => {
    const service = await startTestService(t)
    for (const xid of ['old', 'middle', 'new']) {
      await service.get(`/v1/token/${PHONE}/${xid}`)
      service.clock.pass(1)
    }
    const { items, next } = await page('', service)
    assert.equal(next, null)
    assert.deepEqual(
      items.map(({ xid }) => xid),
      ['new', 'middle', 'old'],
    )
    assert.deepEqual(items[0], {
      xid: 'new',
      customer_id: CUSTOMER.TELESIGN_CUSTOMER_ID,
      phone_number: PHONE,
      status: 'issued',
      issued_at: '2017-07-14T02:40:02.000Z',
      expires_at: '2017-07-14T02:41:22.000Z',
      updated_at: '2017-07-14T02:40:02.000Z',
      reference_id: null,
    })
  })

  for (const query of [
    '',
    'status=issued&',
    'from=2017-07-14T02:40:00Z&',
    'phone_number=16660000001&',
  ]) {
    test(`500 rows, five on each millisecond, come in pages, each once and in order: ?${query}`, async () => {
      const seen: string[] = []
      let after: string | null = ''
      while (after !== null) {
        const { items, next }: Page = await page(`${query}limit=23${after && `&after=${after}`}`)
        seen.push(...xidsOf({ items, next }))
        after = next
      }
      const wanted = query.startsWith('phone')
        ? ROWS.filter(({ phoneNumber }) => phoneNumber === '16660000001')
        : ROWS
      assert.deepEqual(
        seen,
        wanted.map(({ xid }) => xid),
      )
    })
  }

  test('limit is 50 unless given, at most 200; next is null on the last page', async () => {
    assert.equal((await page('')).items.length, 50)
    assert.equal((await page('limit=200')).items.length, 200)
    assert.equal((await page('limit=1')).items.length, 1)
    const exact = await page('phone_number=16660000001&limit=200')
    assert.deepEqual([exact.items.length, exact.next], [200, null])
  })

  test('from is inclusive, to is exclusive, offsets are understood', async () => {
    const between = 'from=2017-07-14T02:40:00.010Z&to=2017-07-14T02:40:00.012Z'
    const plus = 'from=2017-07-14T04:40:00.010%2B02:00&to=2017-07-14T04:40:00.012%2B02:00'
    for (const query of [between, plus]) {
      const { items } = await page(query)
      assert.deepEqual(
        [...new Set(items.map(({ issued_at }) => issued_at))],
        ['2017-07-14T02:40:00.011Z', '2017-07-14T02:40:00.010Z'],
      )
      assert.equal(items.length, 10)
    }
    assert.equal((await page('from=2018-01-01T00:00:00Z')).items.length, 0)
    assert.equal((await page('to=2017-07-14T02:40:00Z')).items.length, 0)
  })

  test('filters are combined', async () => {
    const { post } = await lists
    await post('/v1/transactions/row-A-50/revoke', undefined, ADMIN_KEY)
    assert.deepEqual(xidsOf(await page('status=revoked')), ['row-A-50'])
    const all = 'status=revoked&phone_number=16660000001&from=2017-07-14T02:40:00Z'
    assert.deepEqual(xidsOf(await page(all)), ['row-A-50'])
    assert.deepEqual(xidsOf(await page('status=revoked&phone_number=16660000000')), [])
    for (const status of ['presented', 'completed', 'failed', 'expired']) {
      assert.deepEqual(xidsOf(await page(`status=${status}`)), [], status)
    }
  })

  const cursor = (text: string) => Buffer.from(text).toString('base64url')
  for (const [query, pointer] of [
    ['limit=0', '/limit'],
    ['limit=201', '/limit'],
    ['limit=-1', '/limit'],
    ['limit=1.5', '/limit'],
    ['limit=', '/limit'],
    ['limit=ten', '/limit'],
    ['limit=1&limit=2', '/limit'],
    ['status=open', '/status'],
    ['status=', '/status'],
    ['from=yesterday', '/from'],
    ['from=1500000000', '/from'],
    ['from=2017-07-14', '/from'],
    ['from=2017-02-30T00:00:00Z', '/from'],
    ['to=2017-07-14T02:40:60Z', '/to'],
    ['to=2016-12-31T23:59:60Z', '/to'],
    ['phone=15555551212', '/phone'],
    ['sort=xid', '/sort'],
    ['__proto__=1', '/__proto__'],
    ['access_token=abc', '/access_token'],
    ['after=', '/after'],
    ['after=null', '/after'],
    [`after=${'a'.repeat(501)}`, '/after'],
    [`after=${cursor('1500000000000')}`, '/after'],
    [`after=${cursor("1500000000000 a' OR 1=1--")}`, '/after'],
    [`after=${cursor('-1 a')}`, '/after'],
    [`after=${cursor('1e12 a')}`, '/after'],
    [`after=${cursor('0001 a')}`, '/after'],
    [`after=${cursor('1500000000000 a')}=`, '/after'],
    [`after=${cursor('1500000000000 a')}!!`, '/after'],
  ] as const) {
    test(`D-14: ?${query.slice(0, 60)} is 400 at ${pointer}`, async () => {
      const answer = await list(query)
      assert.equal(answer.status, 400)
      const { code, errors } = await json<{ code: string; errors: { pointer: string }[] }>(answer)
      assert.equal(code, 'invalid_request')
      assert.deepEqual(
        errors.map((error) => error.pointer),
        [pointer],
      )
    })
  }

  test('D-14: a phone number that is none is 400 phone_number_invalid', async () => {
    assert.equal(await codeOf(await list('phone_number=123')), 'phone_number_invalid')
  })
})

describe('customers', () => {
  const OTHER = 'the-other-customer'

  test('E-06, E-08: do not see, list, revoke or collide with each other', async (t) => {
    const service = await startTestService(t)
    const { apiKeys, transactions } = await service.stores()
    await apiKeys.keepCustomer(OTHER, NOW)
    const theirs = await service.newKey(['transactions:read', 'transactions:write'], OTHER)
    const ours = await service.newKey(['transactions:read', 'transactions:write'])

    await service.get(`/v1/token/${PHONE}/shared`, ours)
    const { history: _, ...mine } = await transaction('shared', service)
    assert.equal((await service.get('/v1/transactions/shared', theirs)).status, 404)
    const revoked = await service.post('/v1/transactions/shared/revoke', undefined, theirs)
    assert.equal(revoked.status, 404)

    const their = {
      customerId: OTHER,
      xid: 'shared',
      phoneNumber: '16665551212',
      status: 'issued' as const,
      token: 'x.y.z',
      tokenSha256: undefined,
      issuedAt: NOW,
      expiresAt: NOW + 80_000,
      updatedAt: NOW,
      referenceId: undefined,
      openedAt: NOW,
      openedBy: 'test',
    }
    assert.ok(await transactions.insert(their), 'the same xid of another customer is free')
    for (const [key, phone] of [
      [ours, PHONE],
      [theirs, their.phoneNumber],
    ] as const) {
      const found = await json<Whole>(await service.get('/v1/transactions/shared', key))
      assert.equal(found.phone_number, phone)
      const { items } = await json<{ items: Whole[] }>(await service.get('/v1/transactions', key))
      assert.deepEqual(
        items.map((item) => item.phone_number),
        [phone],
      )
    }
    const unseen = `/v1/transactions?phone_number=${PHONE}`
    assert.deepEqual((await json(await service.get(unseen, theirs))).items, [])

    await service.post('/v1/transactions/shared/revoke', undefined, theirs)
    const { history: __, ...after } = await transaction('shared', service)
    assert.deepEqual(after, mine)
  })

  test("E-08: another customer's xid and an unknown one are answered alike", async (t) => {
    const service = await startTestService(t)
    await (await service.stores()).apiKeys.keepCustomer(OTHER, NOW)
    const theirs = await service.newKey(['transactions:read'], OTHER)
    await service.get(`/v1/token/${PHONE}/ours`)
    const answers = await Promise.all(
      ['ours', 'unknown'].map(async (xid) => {
        const { request_id, ...rest } = await json(
          await service.get(`/v1/transactions/${xid}`, theirs),
        )
        return { ...rest, request_id: typeof request_id }
      }),
    )
    assert.deepEqual(answers[0], answers[1])
  })

  test('a customer whose key this service does not have gets 503 flow_not_configured', async (t) => {
    const service = await startTestService(t)
    await (await service.stores()).apiKeys.keepCustomer(OTHER, NOW)
    const theirs = await service.newKey(['transactions:write'], OTHER)
    for (const answer of [
      await service.get(`/v1/token/${PHONE}/no-key`, theirs),
      await service.post('/v1/token', { phone_number: PHONE, xid: 'no-key' }, theirs),
    ]) {
      assert.equal(answer.status, 503)
      assert.equal(answer.headers.get('retry-after'), null)
      assert.equal(await codeOf(answer), 'flow_not_configured')
    }
    assert.equal((await service.get('/v1/transactions/no-key', ADMIN_KEY)).status, 404)
  })
})
