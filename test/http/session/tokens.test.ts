/** What is in user tokens, and how long it lasts (behaviour.md A2, items 36-42, and A4). */
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import pino from 'pino'
import { startService } from '../../../packages/server/src/start.ts'
import { PRODUCTION, startTestService, testSettings } from '../../support/service.ts'
import {
  headerOf,
  newName,
  PASSWORD,
  type Pair,
  QUICK,
  sessionClient,
  type Tokens,
} from '../../support/sessions.ts'
import { claimsOf, json } from '../../support/transactions.ts'

const DAY = 86_400
const NOW_SECONDS = 1_500_000_000
const EXPIRED = 'Signature expired. Please log in again.'

const memory = { ...QUICK, DATABASE_URL: 'memory:' }

describe('POST /token', async () => {
  const jotter = await startTestService({ after }, memory)
  const { post, get, request } = jotter
  const { newUser, statusOf } = sessionClient(jotter)

  test('items 75-77 gives a token whose identity is the user', async () => {
    const { username, auth_token } = await newUser()
    const answer = await post('/token', { username, password: PASSWORD })
    assert.equal(answer.status, 200)
    assert.equal(answer.headers.get('cache-control'), 'no-store')
    const { token, refresh_token, ...rest } = await json<Pair>(answer)
    const { sub } = claimsOf(auth_token)
    assert.deepEqual(rest, { user_id: sub, token_type: 'Bearer', expires_in: 900 })
    const { iat, exp, sub: identity, sid } = claimsOf(token)
    assert.deepEqual([identity, exp - iat], [sub, 900])
    assert.ok(refresh_token.startsWith(`${sid}.1.`))
    assert.equal(await statusOf(token), 200)
  })

  test('item 76 of a wrong pair says exactly one thing', async () => {
    const { username } = await newUser()
    for (const body of [
      { username, password: 'wrong' },
      { username: 'nobody', password: PASSWORD },
    ]) {
      const answer = await post('/token', body)
      assert.equal(answer.status, 401)
      assert.equal(answer.headers.get('content-type'), 'application/json; charset=utf-8')
      assert.equal(answer.headers.get('www-authenticate'), 'Bearer realm="jotter"')
      assert.equal(await answer.text(), '{"msg":"Bad username or password"}')
    }
  })

  test('item 82 of what is not JSON, or lacks a member, says so', async () => {
    const send = (body: string, type?: string) =>
      request('/token', {
        method: 'POST',
        body,
        headers: type === undefined ? {} : { 'content-type': type },
      })
    const pair = 'username=a&password=b'
    for (const answer of [
      await post('/token'),
      await post('/token', {}),
      await post('/token', { username: 'a' }),
      await post('/token', { password: 'a' }),
      await post('/token', { email: 'a@b.example', password: PASSWORD }),
      await send('{', 'application/json'),
      await send('', 'application/json'),
      await send(pair, 'application/x-www-form-urlencoded'),
      await send('{"username":"a","password":"b"}', 'text/plain'),
    ]) {
      assert.equal(answer.status, 400)
      const { msg, code, request_id } = await json(answer)
      assert.deepEqual([msg, code], ['Invalid payload.', 'invalid_request'])
      assert.equal(request_id, answer.headers.get('x-request-id'))
    }
  })

  test('item 85 is never answered in a URL, and no token is read from one', async () => {
    const { auth_token } = await newUser()
    for (const name of ['token', 'auth_token', 'access_token', 'authorization', 'jwt']) {
      const answer = await get(`/auth/status?${name}=${auth_token}`)
      assert.equal(answer.status, 401)
      assert.equal((await json(answer)).message, 'Provide a valid auth token.')
    }
  })
})

describe('an access token', () => {
  test('items 37-42 says who, from whom, for whom and until when, and nothing else', async (t) => {
    const jotter = await startTestService(t, {
      ...memory,
      JOTTER_ISSUER: 'https://jwt.example.com',
      JOTTER_AUDIENCE: 'https://api.example.com',
    })
    const { auth_token } = await sessionClient(jotter).newUser()
    const { sub, jti, sid, ...rest } = claimsOf(auth_token)
    assert.deepEqual(rest, {
      exp: NOW_SECONDS + 30 * DAY,
      iat: NOW_SECONDS,
      iss: 'https://jwt.example.com',
      aud: 'https://api.example.com',
      client_id: 'jotter',
    })
    for (const id of [sub, jti, sid]) assert.match(id, /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/)
    assert.equal(new Set([sub, jti, sid]).size, 3)
    const { typ, alg, kid } = headerOf(auth_token)
    assert.deepEqual([typ, alg, typeof kid], ['at+jwt', 'ES256', 'string'])
  })

  test('item 36 is signed with SECRET_KEY, as HS256, where there is one', async (t) => {
    const jotter = await startTestService(t, { ...memory, SECRET_KEY: 'my_precious' })
    const { newUser, statusOf } = sessionClient(jotter)
    const { auth_token } = await newUser()
    assert.equal(headerOf(auth_token).alg, 'HS256')
    assert.equal(await statusOf(auth_token), 200)
  })

  test('item 37 lives for days and seconds, added up', async (t) => {
    const jotter = await startTestService(t, {
      ...memory,
      TOKEN_EXPIRATION_DAYS: '1',
      TOKEN_EXPIRATION_SECONDS: '5',
    })
    const { newUser, logIn } = sessionClient(jotter)
    const { username, auth_token } = await newUser()
    for (const token of [auth_token, (await logIn(username)).auth_token]) {
      const { iat, exp } = claimsOf(token)
      assert.equal(exp - iat, DAY + 5)
    }
  })
})

describe('in the testing profile', () => {
  const testing = { ...QUICK, JOTTER_ENV: 'testing', DATABASE_URL: 'memory:' }

  test('item 41 a token goes back to its user, and after 3 s says that it has expired', async (t) => {
    const jotter = await startTestService(t, testing)
    const { get, clock } = jotter
    const { newUser, statusOf } = sessionClient(jotter)
    const { auth_token } = await newUser()
    clock.pass(2)
    assert.equal(await statusOf(auth_token), 200)
    clock.pass(1)
    for (const path of ['/auth/status', '/auth/logout']) {
      const answer = await get(path, auth_token)
      assert.equal(answer.status, 401)
      assert.equal(
        answer.headers.get('www-authenticate'),
        'Bearer realm="jotter", error="invalid_token", error_description="The token has expired"',
      )
      const { status, message, code } = await json(answer)
      assert.deepEqual([status, message, code], ['error', EXPIRED, 'token_expired'])
    }
  })

  test('the same on the real clock, and the refresh token goes on', async (t) => {
    const service = await startService({
      settings: testSettings(testing),
      log: pino({ level: 'silent' }),
      version: '0.0.0-test',
      now: Date.now,
      monotonic: () => performance.now(),
    })
    t.after(() => service.stop())
    const ask = (path: string, init?: RequestInit) =>
      fetch(service.address + path, { ...init, headers: { connection: 'close', ...init?.headers } })
    const post = (path: string, body: object) =>
      ask(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
    const registered = await post('/auth/register', { ...newName(), password: 'test' })
    const { auth_token, refresh_token } = await json<Tokens>(registered)
    const headers = { authorization: `Bearer ${auth_token}` }
    assert.equal((await ask('/auth/status', { headers })).status, 200)
    await wait(claimsOf(auth_token).exp * 1000 - Date.now() + 20)
    const answer = await ask('/auth/status', { headers })
    assert.deepEqual([answer.status, (await json(answer)).message], [401, EXPIRED])
    const refreshed = await json<Pair>(await post('/token/refresh', { refresh_token }))
    const next = { authorization: `Bearer ${refreshed.token}` }
    assert.equal((await ask('/auth/status', { headers: next })).status, 200)
  })
})

describe('in production', () => {
  test('item 39 a login lasts thirty days, and passwords have eight characters', async (t) => {
    const jotter = await startTestService(t, { ...PRODUCTION, ...memory })
    const { newUser, statusOf } = sessionClient(jotter)
    const { auth_token } = await newUser()
    jotter.clock.pass(30 * DAY - 1)
    assert.equal(await statusOf(auth_token), 200)
    jotter.clock.pass(1)
    assert.equal(await statusOf(auth_token), 401)
    const short = await jotter.post('/auth/register', { ...newName(), password: 'test' })
    assert.equal(short.status, 400)
  })
})
