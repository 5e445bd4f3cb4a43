/** What the routes of users refuse (security.md C-09, D-01, D-03 to D-06, D-12, D-13). */
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { ADMIN_KEY, startTestService } from '../../support/service.ts'
import { demandShape, newName, PASSWORD, QUICK, sessionClient } from '../../support/sessions.ts'
import { codeOf, json, PHONE } from '../../support/transactions.ts'

const memory = { ...QUICK, DATABASE_URL: 'memory:' }
const jotter = await startTestService({ after }, memory)
const { post, get, request, clock } = jotter
const { newUser, logIn, logOut, statusOf } = sessionClient(jotter)

describe('D-12 members that do not belong', () => {
  for (const [name, value] of [
    ['role', 'admin'],
    ['id', 1],
    ['active', true],
    ['email_verified', true],
    ['created_at', '2020-01-01T00:00:00.000Z'],
    ['password_hash', 'x'],
    ['constructor', {}],
  ] as const) {
    test(`${name} is 400, and nobody is registered`, async () => {
      const names = newName()
      const answer = await post('/auth/register', { ...names, password: PASSWORD, [name]: value })
      assert.equal(answer.status, 400)
      const { errors } = await json<{ errors: { pointer: string }[] }>(answer)
      assert.deepEqual(
        errors.map(({ pointer }) => pointer),
        [`/${name}`],
      )
      const free = await post('/auth/register', { ...names, password: PASSWORD })
      assert.equal(free.status, 201)
    })
  }

  test('__proto__ is 400, and pollutes nothing', async () => {
    const names = JSON.stringify({ ...newName(), password: PASSWORD }).slice(0, -1)
    const answer = await request('/auth/register', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: `${names},"__proto__":{"active":false,"role":"admin"}}`,
    })
    assert.equal(answer.status, 400)
    assert.equal('role' in {}, false)
  })
})

describe('D-13 names and passwords are texts', () => {
  const VALUES = [{ $ne: null }, { $gt: '' }, ['a'], [], 1, true, null]
  for (const path of ['/auth/register', '/auth/login', '/token'] as const) {
    test(`at ${path}`, async () => {
      const good = { username: 'a', password: 'a' }
      const rest = path === '/auth/register' ? { email: 'a@b.example' } : {}
      for (const value of VALUES) {
        for (const member of Object.keys({ ...good, ...rest })) {
          const answer = await post(path, { ...good, ...rest, [member]: value })
          assert.equal(answer.status, 400)
        }
      }
    })
  }

  test('a form is none of them', async () => {
    for (const [path, status] of [
      ['/auth/login', 415],
      ['/token', 400],
    ] as const) {
      const answer = await request(path, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: 'username[$ne]=&password[$ne]=',
      })
      assert.equal(answer.status, status)
    }
  })
})

describe('D-04 passwords that are too long', () => {
  const bodies = (length: number) => {
    const password = 'a'.repeat(length)
    return [
      ['/auth/register', { ...newName(), password }],
      ['/auth/login', { username: 'a', password }],
      ['/token', { username: 'a', password }],
    ] as const
  }

  for (const [length, status] of [
    [0, 400],
    [1025, 400],
    [15_000, 400],
    [1_000_000, 413],
    [10_000_000, 413],
  ] as const) {
    test(`${length} characters are ${status}`, async () => {
      for (const [path, body] of bodies(length)) {
        const { status: answered } = await post(path, body)
        assert.equal(answered, status)
      }
    })
  }

  test('are refused without being hashed: quicker than any hash', async (t) => {
    // Each more than a second.
    const { post } = await startTestService(t, { ...memory, BCRYPT_LOG_ROUNDS: '14' })
    const started = performance.now()
    for (const length of [1025, 15_000]) {
      for (const [path, body] of bodies(length)) await post(path, body)
    }
    assert.ok(performance.now() - started < 1_000)
  })

  test('with bcrypt more than 72 bytes are refused, never cut (D-03)', async () => {
    const names = newName()
    const answer = await post('/auth/register', { ...names, password: 'a'.repeat(73) })
    assert.equal(answer.status, 400)
    await post('/auth/register', { ...names, password: 'a'.repeat(72) })
    await logIn(names.username, 'a'.repeat(72))
    const { username } = names
    const longer = await post('/auth/login', { username, password: 'a'.repeat(73) })
    assert.equal(longer.status, 401)
  })
})

describe('D-01 who is unknown and who is wrong', () => {
  /** All of an answer but what every answer has of its own. */
  const seen = async (answer: Response) => {
    const { request_id, ...body } = await json(answer)
    const headers = [...answer.headers].filter(([name]) => !/^(date|x-request-id)$/.test(name))
    // The id of a request grows, and with it the body.
    return { status: answer.status, body, headers: headers.filter(([n]) => n !== 'content-length') }
  }

  test('get the same answers, until they are slowed down and then too', async () => {
    const { username } = await newUser()
    const [known, unknown] = [username, 'nobody at all']
    for (let i = 0; i < 8; i += 1) {
      const [one, other] = await Promise.all(
        [known, unknown].map(async (username) =>
          seen(await post('/auth/login', { username, password: 'wrong' })),
        ),
      )
      assert.deepEqual(one, other)
      assert.equal(one?.status, i < 5 ? 401 : 429)
    }
    clock.pass(60)
  })

  test('wait for one hash each', async (t) => {
    const { post, clock } = await startTestService(t, { ...memory, BCRYPT_LOG_ROUNDS: '9' })
    const username = 'known'
    await post('/auth/register', { username, email: 'a@b.example', password: PASSWORD })
    const took = { known: [] as number[], unknown: [] as number[] }
    for (let i = 0; i < 15; i += 1) {
      for (const [who, times] of Object.entries(took)) {
        const started = performance.now()
        const answer = await post('/auth/login', { username: who, password: 'wrong' })
        times.push(performance.now() - started)
        assert.equal(answer.status, 401)
      }
      clock.pass(900)
    }
    const median = (times: number[]) => times.toSorted((a, b) => a - b)[7] as number
    const [known, unknown] = [median(took.known), median(took.unknown)]
    assert.ok(unknown > known / 2 && unknown < known * 2, `${known} ms and ${unknown} ms`)
  })
})

test('D-06 too many wrong passwords are 429 with Retry-After, at both doors together', async () => {
  const { username } = await newUser()
  for (let i = 0; i < 5; i += 1) {
    const path = i % 2 === 0 ? '/auth/login' : '/token'
    assert.equal((await post(path, { username, password: 'wrong' })).status, 401)
  }
  for (const [path, member] of [
    ['/auth/login', 'message'],
    ['/token', 'msg'],
  ] as const) {
    const answer = await post(path, { username, password: PASSWORD })
    assert.equal(answer.status, 429)
    assert.equal(answer.headers.get('retry-after'), '1')
    assert.equal(await demandShape(answer, member), 'rate_limited')
  }
  clock.pass(1)
  await logIn(username)
})

test('D-06 an account has two names, and no more attempts than with one', async () => {
  const { username, email, auth_token } = await newUser()
  const change = { current_password: 'wrong', new_password: PASSWORD }
  const statuses: number[] = []
  for (let i = 0; i < 2; i += 1) {
    statuses.push((await post('/auth/login', { email, password: 'wrong' })).status)
    statuses.push((await post('/auth/password', change, auth_token)).status)
    statuses.push((await post('/auth/login', { username, password: 'wrong' })).status)
  }
  assert.deepEqual(statuses, [401, 403, 401, 401, 403, 429])
  clock.pass(60)
})

test('D-05 more passwords than can be hashed are 503 with Retry-After, and nobody is kept', async (t) => {
  const jotter = await startTestService(t, { ...memory, BCRYPT_LOG_ROUNDS: '8' })
  const names = Array.from({ length: 200 }, newName)
  const answers = await Promise.all(
    names.map((name) => jotter.post('/auth/register', { ...name, password: PASSWORD })),
  )
  const refused = answers.filter(({ status }) => status !== 201)
  assert.ok(refused.length > 0 && refused.length < 200)
  for (const answer of refused) {
    assert.equal(answer.status, 503)
    assert.ok(Number(answer.headers.get('retry-after')) >= 1)
    assert.equal(await demandShape(answer, 'message'), 'busy')
  }
  const free = names[answers.findIndex(({ status }) => status === 503)]
  const again = await jotter.post('/auth/register', { ...free, password: PASSWORD })
  assert.equal(again.status, 201)
})

test('D-05 one address that fills the line of hashes does not keep others out', async (t) => {
  const { post } = await startTestService(t, {
    ...memory,
    BCRYPT_LOG_ROUNDS: '8',
    JOTTER_TRUST_PROXY: '127.0.0.1',
  })
  const from = (address: string) => ({ 'x-forwarded-for': address })
  const { username, email } = newName()
  const owner = { username, password: PASSWORD }
  await post('/auth/register', { ...owner, email }, undefined, from('192.0.2.1'))
  let answered = 0
  const flood = Array.from({ length: 300 }, async () => {
    const body = { ...newName(), password: PASSWORD }
    const { status } = await post('/auth/register', body, undefined, from('192.0.2.2'))
    if (status === 201) answered += 1
  })
  for (let i = 0; i < 3; i += 1) {
    const answer = await post('/auth/login', owner, undefined, from('192.0.2.1'))
    assert.equal(answer.status, 200)
  }
  assert.ok(answered < 80, `${answered} were first`)
  await Promise.all(flood)
})

test('one address registers so many in a minute, whatever it makes up, and then logs in still', async (t) => {
  const { post, clock } = await startTestService(t, {
    ...memory,
    JOTTER_RATE_LIMIT_REGISTER: '2/minute',
  })
  const register = (body: object) => post('/auth/register', body)
  const [first, second] = [newName(), newName()]
  const answer = await register({ ...first, password: PASSWORD })
  assert.equal(answer.status, 201)
  assert.equal(answer.headers.get('ratelimit-policy'), '"register";q=2;w=60')
  assert.equal(answer.headers.get('ratelimit'), '"register";r=1;t=60')
  assert.equal((await register({ ...first, password: PASSWORD })).status, 400)
  const refused = await register({ ...second, password: PASSWORD })
  assert.equal(refused.status, 429)
  assert.equal(refused.headers.get('retry-after'), '60')
  assert.equal(await demandShape(refused, 'message'), 'rate_limited')
  const login = await post('/auth/login', { username: first.username, password: PASSWORD })
  assert.equal(login.status, 200)
  clock.pass(60)
  assert.equal((await register({ ...second, password: PASSWORD })).status, 201)
})

describe('C-09 each kind of token works at its own door only', async () => {
  const { auth_token, refresh_token } = await newUser()
  const transaction = await (await get(`/v1/token/${PHONE}`)).text()
  const apiKey = await jotter.newKey(['admin'])

  for (const [kind, token] of Object.entries({
    'a transaction token': transaction,
    'an API key': apiKey,
    'the admin key': ADMIN_KEY,
    'a refresh token': refresh_token,
  })) {
    test(`${kind} is no access token`, async () => {
      for (const [method, path] of [
        ['GET', '/auth/status'],
        ['GET', '/auth/logout'],
        ['POST', '/auth/logout'],
        ['POST', '/auth/password'],
      ] as const) {
        const headers = { authorization: `Bearer ${token}` }
        const answer = await request(path, { method, headers })
        assert.equal(answer.status, 401)
        assert.equal(await codeOf(answer), 'token_invalid')
      }
    })
  }

  for (const [kind, token] of Object.entries({
    'an access token': auth_token,
    'a transaction token': transaction,
    'an API key': apiKey,
  })) {
    test(`${kind} is no refresh token`, async () => {
      const answer = await post('/token/refresh', { refresh_token: token })
      assert.equal(answer.status, 401)
      assert.equal(await codeOf(answer), 'refresh_token_invalid')
    })
  }

  for (const [kind, token] of Object.entries({
    'an access token': auth_token,
    'a refresh token': refresh_token,
  })) {
    test(`${kind} is no API key`, async () => {
      for (const path of ['/v1/transactions', '/v1/api-keys', `/v1/token/${PHONE}`]) {
        const answer = await get(path, token)
        assert.equal(answer.status, 401)
        assert.equal(await codeOf(answer), 'api_key_invalid')
      }
    })
  }

  test('and all of that has ended nothing', async () => {
    assert.equal(await statusOf(auth_token), 200)
    assert.equal((await logOut(auth_token)).status, 200)
  })
})
