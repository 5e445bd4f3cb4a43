/** What must not be seen anywhere but in the answer it is for (security.md L-01, E-11, H-13). */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import { ADMIN_KEY, CUSTOMER, startTestService } from '../support/service.ts'

const PHONES = ['15555551212', '16666661313', '447700900123']
const [PHONE, OTHER, THIRD] = PHONES as [string, string, string]

test('L-01: no token, key or phone number in a log line, an error answer or a metric', async (t) => {
  const environment = { JOTTER_LOG_REQUESTS: 'all', LOG_LEVEL: 'trace' }
  const { get, post, raw, rawGet, newKey, request, data, log } = await startTestService(
    t,
    environment,
  )
  const keys = [await newKey(['transactions:write']), await newKey(['transactions:read'])]
  const [writer, reader] = keys as [string, string]

  const tokens = [
    await (await get(`/v1/token/${PHONE}/one`)).text(),
    await (await get(`/v1/token/+${OTHER}`, writer)).text(),
    ((await (await post('/v1/token', { phone_number: THIRD })).json()) as { token: string }).token,
  ]
  const [token = ''] = tokens

  const errors: { status: number; text: string }[] = []
  const note = async (asked: Promise<Response>) => {
    const answer = await asked
    errors.push({
      status: answer.status,
      text: `${JSON.stringify([...answer.headers])}${await answer.text()}`,
    })
  }
  const noteRaw = async (bytes: string) => {
    for (const { status, headers, body } of await raw(bytes)) {
      errors.push({ status, text: `${JSON.stringify([...headers])}${body}` })
    }
  }
  const bearer = (authorization: string) => ({ headers: { authorization } })

  await note(get(`/v1/token/${OTHER}/one`))
  await note(get(`/v1/token/${PHONE}/${token}`))
  await note(get(`/v1/token/${token}`))
  await note(get(`/v1/token/${PHONE}/a/b`))
  await note(get(`/v1/token/${PHONE}`, reader))
  await note(get(`/v1/token/${PHONE}`, token))
  await note(get(`/v1/transactions/one`, writer))
  await note(get(`/v1/transactions/${token}`, reader))
  await note(get(`/v1/transactions?access_token=${token}`, reader))
  await note(get(`/v1/transactions?phone_number=${PHONE}00000`, reader))
  await note(get(`/v1/transactions?after=${token}`, reader))
  await note(get(`/v1/transactions?status=${PHONE}`, reader))
  await note(get(`/nothing/${PHONE}?token=${token}`))
  await note(get(`/v1/token/${PHONE}/%ff?token=${token}`))
  await note(request(`/v1/token/${PHONE}`, { method: 'DELETE' }))
  await note(request('/v1/transactions', bearer(`Basic ${token}`)))
  await note(request('/v1/transactions', bearer(`Bearer ${writer} ${writer}`)))
  await note(request('/v1/transactions', bearer(`Bearer ${writer.slice(0, -1)}`)))
  await note(post('/v1/token', { phone_number: PHONE, xid: token }))
  await note(post('/v1/token', { phone_number: `${PHONE}x` }))
  await note(post('/v1/token', { phone_number: [PHONE], xid: 5 }))
  await note(post('/v1/token', `${PHONE} ${token}`))
  await note(
    post('/v1/token', { phone_number: PHONE }, undefined, {
      'idempotency-key': `${token} ${PHONE}`,
    }),
  )
  await note(post('/v1/api-keys', { name: writer, scopes: [token] }, ADMIN_KEY))
  await note(post('/v1/api-keys', { name: 'a', scopes: ['admin'], customer_id: PHONE }, ADMIN_KEY))
  await note(post(`/v1/transactions/${PHONE}/revoke`, undefined, writer))
  await noteRaw(
    `GET /v1/token/${PHONE} HTTP/1.1\r\nAuthorization: Bearer ${writer}\r\nbad header ${token}\r\n\r\n`,
  )
  await noteRaw(`MINT /v1/token/${PHONE} HTTP/1.1\r\nHost: h\r\n\r\n`)
  await noteRaw(
    `POST /v1/token HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${PHONE} ${token}`,
  )
  await noteRaw(
    `GET /v1/token/${PHONE} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer ${writer}\r\nAuthorization: Bearer ${token}\r\n\r\n`,
  )

  const db = new DatabaseSync(join(data, 'jotter.db'))
  db.exec('BEGIN IMMEDIATE')
  await Promise.all([
    note(get(`/v1/token/${PHONE}/locked`)),
    note(post('/v1/token', { phone_number: PHONE, xid: 'locked' }, writer)),
  ])
  db.close()

  const { body: metrics } = await rawGet('/metrics')
  await get(`/v1/transactions/one`, reader)
  assert.deepEqual(
    errors.filter(({ status }) => status < 400),
    [],
    'every answer noted is an error',
  )
  assert.ok(errors.length > 30)
  assert.ok(log.length > errors.length)

  const secrets = [
    ...tokens.map((one) => one.split('.')[2] as string),
    ...tokens.map((one) => one.split('.')[1] as string),
    ...keys.map((key) => key.split('_').slice(2).join('_')),
    ADMIN_KEY,
    CUSTOMER.TELESIGN_API_KEY,
    ...PHONES,
  ]
  for (const secret of secrets) {
    const hits = [...log, metrics, ...errors.map(({ text }) => text)].filter((text) =>
      text.includes(secret),
    )
    assert.deepEqual(hits, [], `found ${secret}`)
  }
})

test('E-11: a log line holds the template of its route and a masked phone number', async (t) => {
  const service = await startTestService(t, {
    DATABASE_URL: 'memory:',
    JOTTER_LOG_REQUESTS: 'all',
  })
  await service.get(`/v1/token/+${PHONE}/a`)
  await service.get('/livez')
  const line = JSON.parse(service.log.find((text) => text.includes(':xid')) ?? '')
  assert.deepEqual(
    { method: line.method, route: line.route, status: line.status, phone: line.phone },
    { method: 'GET', route: '/v1/token/:phone_number/:xid', status: 200, phone: '*********12' },
  )
})

describe('LOG_REQUESTS', () => {
  for (const [which, wanted] of [
    ['all', [200, 400, 401, 404, 400, 400]],
    [undefined, [400, 401, 404, 400, 400]],
    ['off', []],
  ] as const) {
    test(`${which ?? 'by default'}: the lines are of ${wanted.length ? wanted : 'nothing'}`, async (t) => {
      const { get, raw, log } = await startTestService(t, {
        DATABASE_URL: 'memory:',
        JOTTER_LOG_REQUESTS: which,
      })
      await get(`/v1/token/${PHONE}`)
      await get('/v1/token/none')
      await get('/v1/transactions')
      await get('/nothing')
      await get('/%ff')
      await raw('garbage\r\n\r\n')
      const statuses = log.map((line) => JSON.parse(line).status).filter(Boolean)
      assert.deepEqual(statuses, wanted)
    })
  }
})

describe('H-13', () => {
  const EVIL = [
    '\n{"level":60,"msg":"forged"}',
    '\r\n{"level":60,"msg":"forged"}',
    '\u001b[2J\u001b[31mforged',
    '\u2028forged',
    `\${jndi:ldap://forged}`,
    '%0a{"level":60,"msg":"forged"}',
    '"},"forged":{"',
  ]
  for (const evil of EVIL) {
    test(`${JSON.stringify(evil)} in xid, phone, names and bodies forges no log line`, async (t) => {
      const { get, post, rawGet, log } = await startTestService(t, {
        DATABASE_URL: 'memory:',
        JOTTER_LOG_REQUESTS: 'all',
      })
      const escaped = encodeURIComponent(evil)
      await get(`/v1/token/${PHONE}/${escaped}`)
      await get(`/v1/token/${escaped}`)
      await get(`/v1/transactions?${escaped}=${escaped}`, ADMIN_KEY)
      await get(`/nothing/${escaped}`)
      await post('/v1/token', { phone_number: evil, xid: evil, [evil]: evil })
      await post('/v1/api-keys', { name: evil, scopes: ['metrics'] }, ADMIN_KEY)
      // A header field cannot hold a line's end; the rest of it can.
      const value = Buffer.from(evil.replace(/[\r\n]/g, '')).toString('latin1')
      await rawGet('/nothing', `User-Agent: ${value}\r\nReferer: ${value}\r\n`)
      const lines = log.join('').split('\n').filter(Boolean)
      assert.equal(lines.length, log.length)
      for (const line of lines) {
        assert.equal(typeof JSON.parse(line).request_id, 'string')
        assert.ok(!line.includes('forged'))
        assert.ok(!/[\u0000-\u001f\u2028]/.test(line))
      }
    })
  }
})
