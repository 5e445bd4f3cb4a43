/** Errors of the routes of users have the shapes of their documents (http-api.md, section 4; D-09). */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, test } from 'node:test'
import { startTestService } from '../../support/service.ts'
import { demandShape, newName, PASSWORD, QUICK, sessionClient } from '../../support/sessions.ts'

const jotter = await startTestService({ after }, { ...QUICK, DATABASE_URL: 'memory:' })
const { post, get, request } = jotter
const { newUser } = sessionClient(jotter)

/** Every route of users: its methods, and the member in which its errors say what they say. */
const ROUTES = [
  ['/auth/register', 'POST', 'message'],
  ['/auth/login', 'POST', 'message'],
  ['/auth/status', 'GET, HEAD', 'message'],
  ['/auth/logout', 'GET, POST', 'message'],
  ['/auth/password', 'POST', 'message'],
  ['/token', 'POST', 'msg'],
  ['/token/refresh', 'POST', 'msg'],
] as const

const WITH_BODY = ROUTES.filter(([path]) => !/status|logout/.test(path))

describe('errors have the shape of their route', async () => {
  for (const [path, allow, member] of ROUTES) {
    test(`${path}: another method is 405`, async () => {
      const answer = await request(path, { method: 'DELETE' })
      assert.equal(answer.status, 405)
      assert.equal(answer.headers.get('allow'), allow)
      assert.equal(await demandShape(answer, member), 'method_not_allowed')
    })
  }

  for (const [path, , member] of WITH_BODY) {
    test(`${path}: a body that is too large is 413, another type 415 or 400`, async () => {
      const { auth_token } = await newUser()
      const headers = { authorization: `Bearer ${auth_token}`, 'content-type': 'text/plain' }
      const large = await post(path, { a: 'a'.repeat(17_000) }, auth_token)
      assert.equal(large.status, 413)
      assert.equal(await demandShape(large, member), 'payload_too_large')
      const text = await request(path, { method: 'POST', body: 'a', headers })
      // The document of these knows 400 only.
      assert.equal(text.status, member === 'msg' ? 400 : 415)
      const code = member === 'msg' ? 'invalid_request' : 'unsupported_media_type'
      assert.equal(await demandShape(text, member), code)
    })

    test(`${path}: a prefetch is 403`, async () => {
      const answer = await post(path, {}, undefined, { 'sec-purpose': 'prefetch' })
      assert.equal(answer.status, 403)
      assert.equal(await demandShape(answer, member), 'prefetch_refused')
    })
  }

  test('an address beside them is a problem document', async () => {
    for (const path of ['/auth', '/auth/', '/auth/nothing', '/token/']) {
      const answer = await get(path)
      assert.equal(answer.status, 404)
      assert.equal(answer.headers.get('content-type'), 'application/problem+json')
    }
  })

  test('D-09 without the database they are 503 with Retry-After, and nothing is said to be done', async (t) => {
    const jotter = await startTestService(t, QUICK)
    const { newUser, logOut, refresh, statusOf } = sessionClient(jotter)
    const { username, auth_token, refresh_token } = await newUser()
    const db = new DatabaseSync(join(jotter.data, 'jotter.db'))
    t.after(() => db.close())
    const TABLES = ['users', 'sessions', 'revocations']
    const rename = (from: string, to: string) => {
      for (const table of TABLES) db.exec(`ALTER TABLE ${table}${from} RENAME TO ${table}${to}`)
    }
    const change = { current_password: PASSWORD, new_password: 'battery staple' }
    const ask = async () =>
      [
        [await jotter.post('/auth/register', { ...newName(), password: PASSWORD }), 'message'],
        [await jotter.post('/auth/login', { username, password: PASSWORD }), 'message'],
        [await jotter.get('/auth/status', auth_token), 'message'],
        [await jotter.post('/auth/password', change, auth_token), 'message'],
        [await logOut(auth_token), 'message'],
        [await jotter.post('/token', { username, password: PASSWORD }), 'msg'],
        [await refresh(refresh_token), 'msg'],
      ] as const
    rename('', '_away')
    for (const [answer, member] of await ask()) {
      assert.equal(answer.status, 503)
      assert.equal(answer.headers.get('retry-after'), '1')
      assert.equal(await demandShape(answer, member), 'store_unavailable')
    }
    // A token is not called good on what was known too long ago.
    jotter.clock.pass(61)
    const stale = await jotter.get('/auth/status', auth_token)
    assert.equal(stale.status, 503)
    assert.equal(await demandShape(stale, 'message'), 'revocations_stale')
    rename('_away', '')
    while ((await statusOf(auth_token)) === 503);
    assert.equal((await logOut(auth_token)).status, 200)
    assert.equal(await statusOf(auth_token), 401)
  })
})
