/** Who may call what (behaviour.md A1, item 26; RFC 6750; security.md H-09, L-02). */
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { SCOPES, type Scope } from '../../packages/server/src/api-keys/store.ts'
import { ADMIN_KEY, PRODUCTION, startTestService } from '../support/service.ts'

const PHONE = '15555551212'
const CHALLENGE = 'Bearer realm="jotter"'
const INVALID = `${CHALLENGE}, error="invalid_token", error_description="The API key is not valid"`

const production = await startTestService({ after }, { ...PRODUCTION, DATABASE_URL: 'memory:' })
const development = await startTestService({ after }, { DATABASE_URL: 'memory:' })

const codeOf = async (answer: Response) => ((await answer.json()) as { code: string }).code
const withHeader = (authorization: string, path: string, { request } = production) =>
  request(path, { headers: { authorization } })

/** Every route that asks who calls, with the one scope that it takes beside `admin`. */
const GUARDED: readonly (readonly [method: string, path: string, scope: Scope])[] = [
  ['GET', `/v1/token/${PHONE}`, 'transactions:write'],
  ['GET', `/v1/token/${PHONE}/guarded`, 'transactions:write'],
  ['POST', '/v1/token', 'transactions:write'],
  ['POST', '/v1/transactions/guarded/revoke', 'transactions:write'],
  ['GET', '/v1/transactions', 'transactions:read'],
  ['GET', '/v1/transactions/guarded', 'transactions:read'],
  ['GET', '/v1/api-keys', 'admin'],
  ['POST', '/v1/api-keys', 'admin'],
  ['DELETE', '/v1/api-keys/0123456789ab', 'admin'],
  ['POST', '/v1/users', 'users'],
  ['GET', '/v1/users', 'users'],
  ['GET', '/v1/users/guarded', 'users'],
  ['POST', '/v1/users/guarded/disable', 'users'],
  ['POST', '/v1/users/guarded/enable', 'users'],
  ['POST', '/v1/users/guarded/revoke', 'users'],
  ['POST', '/v1/users/guarded/password', 'users'],
  ['POST', '/v1/users/import', 'users'],
  ['GET', '/metrics', 'metrics'],
]

describe('item 26: in production every route that concerns tokens asks for a key', () => {
  for (const [method, path] of GUARDED) {
    test(`${method} ${path} without one is 401 with the bare challenge`, async () => {
      const answer = await production.request(path, { method })
      assert.equal(answer.status, 401)
      assert.equal(answer.headers.get('www-authenticate'), CHALLENGE)
      assert.equal(answer.headers.get('cache-control'), 'no-store')
      assert.equal(await codeOf(answer), 'authentication_required')
    })
  }

  for (const [method, path, scope] of GUARDED) {
    test(`${method} ${path} wants the scope ${scope}`, async () => {
      for (const held of SCOPES) {
        const key = await production.newKey([held])
        const answer = await production.request(path, {
          method,
          headers: { authorization: `Bearer ${key}` },
        })
        if (held === scope || held === 'admin') {
          assert.ok(![401, 403].includes(answer.status), `${held}: ${answer.status}`)
          continue
        }
        assert.equal(answer.status, 403, held)
        assert.equal(
          answer.headers.get('www-authenticate'),
          `${CHALLENGE}, error="insufficient_scope", scope="${scope}"`,
        )
        assert.equal(await codeOf(answer), 'insufficient_scope')
      }
    })
  }

  for (const path of ['/', '/livez', '/readyz', '/healthz', '/openapi.json', '/docs/errors']) {
    test(`${path} is open`, async () => {
      assert.equal((await production.request(path)).status, 200)
    })
  }
})

describe('a credential', () => {
  for (const header of [
    'Basic YTpi',
    'Bearer',
    'Bearer ',
    'Digest username="a"',
    'TSA a:b',
    'jot_a',
  ]) {
    test(`${JSON.stringify(header)} presents no token: the challenge names no error (RFC 6750 §3.1)`, async () => {
      for (const service of [production, development]) {
        const answer = await withHeader(header, `/v1/token/${PHONE}`, service)
        assert.equal(answer.status, 401)
        assert.equal(answer.headers.get('www-authenticate'), CHALLENGE)
      }
    })
  }

  for (const [why, header] of [
    ['is unknown', `Bearer jot_0123456789ab_${'a'.repeat(43)}`],
    ['has another form', 'Bearer secret'],
    ['is a JWT', 'Bearer eyJhbGciOiJub25lIn0.e30.'],
    ['is two', 'Bearer a b'],
    ['says Bearer twice', 'Bearer Bearer a'],
    ['is too long', `Bearer ${'a'.repeat(513)}`],
    ['is the admin key with a character more', `Bearer ${ADMIN_KEY}0`],
    ['is the admin key with one less', `Bearer ${ADMIN_KEY.slice(0, -1)}`],
    ['is the admin key in capitals', `Bearer ${ADMIN_KEY.toUpperCase()}`],
    ['has an id that is none', `Bearer jot___proto___${'a'.repeat(43)}`],
  ] as const) {
    test(`that ${why} is 401 invalid_token, also where anybody may issue`, async () => {
      for (const service of [production, development]) {
        const answer = await withHeader(header, `/v1/token/${PHONE}/wrong-key`, service)
        assert.equal(answer.status, 401)
        assert.equal(answer.headers.get('www-authenticate'), INVALID)
        assert.equal(await codeOf(answer), 'api_key_invalid')
        assert.equal((await service.get('/v1/transactions/wrong-key', ADMIN_KEY)).status, 404)
      }
    })
  }

  test('with one character changed is refused', async () => {
    const key = await production.newKey(['transactions:read'])
    assert.equal((await production.get('/v1/transactions', key)).status, 200)
    for (const at of [4, 10, 17, 30, key.length - 1]) {
      const other = key[at] === 'a' ? 'b' : 'a'
      const changed = key.slice(0, at) + other + key.slice(at + 1)
      assert.equal((await production.get('/v1/transactions', changed)).status, 401)
    }
  })

  test('the scheme may be written in any case (RFC 9110 §11.1)', async () => {
    for (const scheme of ['bearer', 'BEARER', 'Bearer ']) {
      assert.equal((await withHeader(`${scheme} ${ADMIN_KEY}`, '/v1/transactions')).status, 200)
    }
  })

  for (const name of ['access_token', 'api_key', 'key', 'token', 'authorization']) {
    test(`H-09 in the query as ${name} is none`, async () => {
      const query = `?${name}=${ADMIN_KEY}`
      for (const path of [
        `/v1/token/${PHONE}`,
        '/v1/transactions/a',
        '/v1/transactions',
        '/metrics',
      ]) {
        const answer = await production.request(path + query)
        assert.equal(answer.status, 401)
        assert.equal(answer.headers.get('www-authenticate'), CHALLENGE)
      }
    })
  }
})

describe('ISSUE_ACCESS', () => {
  test('open lets anybody issue in production, and nothing else', async (t) => {
    const { request } = await startTestService(t, {
      ...PRODUCTION,
      JOTTER_ISSUE_ACCESS: 'open',
      DATABASE_URL: 'memory:',
    })
    for (const [method, path, scope] of GUARDED) {
      const { status } = await request(path, { method })
      const issues = scope === 'transactions:write' && path.startsWith('/v1/token')
      assert.equal(status === 401, !issues, `${method} ${path}: ${status}`)
    }
  })

  for (const profile of ['development', 'testing']) {
    test(`is open by default in ${profile}, and key closes it`, async (t) => {
      const environment = { JOTTER_ENV: profile, DATABASE_URL: 'memory:' }
      const open = await startTestService(t, environment)
      assert.equal((await open.get(`/v1/token/${PHONE}`)).status, 200)
      assert.equal((await open.get('/v1/transactions')).status, 401)
      const closed = await startTestService(t, { ...environment, JOTTER_ISSUE_ACCESS: 'key' })
      assert.equal((await closed.get(`/v1/token/${PHONE}`)).status, 401)
    })
  }

  test('where anybody may issue, a key still says in the history who did', async () => {
    const key = await development.newKey(['transactions:write'])
    await development.get(`/v1/token/${PHONE}/by-key`, key)
    const found = await development.get('/v1/transactions/by-key', ADMIN_KEY)
    const { history } = (await found.json()) as { history: { by: string }[] }
    assert.deepEqual(
      history.map(({ by }) => by),
      [key.split('_')[1]],
    )
  })
})

describe('production without a customer', () => {
  test('issuing is 503 flow_not_configured, all else works, nothing is stored', async (t) => {
    const service = await startTestService(t, {
      ...PRODUCTION,
      DATABASE_URL: 'memory:',
      TELESIGN_CUSTOMER_ID: undefined,
      TELESIGN_API_KEY: undefined,
    })
    for (const answer of [
      await service.get(`/v1/token/${PHONE}`, ADMIN_KEY),
      await service.get(`/v1/token/${PHONE}/a`, ADMIN_KEY),
      await service.post('/v1/token', { phone_number: PHONE }, ADMIN_KEY),
    ]) {
      assert.equal(answer.status, 503)
      assert.equal(answer.headers.get('content-type'), 'application/problem+json')
      assert.equal(answer.headers.get('retry-after'), null)
      assert.equal(await codeOf(answer), 'flow_not_configured')
    }
    assert.equal((await service.get('/readyz')).status, 200)
    const list = await service.get('/v1/transactions', ADMIN_KEY)
    assert.deepEqual(await list.json(), { items: [], next: null })
  })
})
