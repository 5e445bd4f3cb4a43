/** How sessions end (behaviour.md A2, items 45 and 52; security.md C-13, C-15). */
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { startTestService } from '../../support/service.ts'
import { PASSWORD, QUICK, sessionClient } from '../../support/sessions.ts'
import { codeOf, json } from '../../support/transactions.ts'

const NEXT = 'battery staple'

const ENGINES = { memory: 'memory:', 'a SQLite file': undefined }

for (const [engine, DATABASE_URL] of Object.entries(ENGINES)) {
  describe(`on ${engine}`, async () => {
    const jotter = await startTestService({ after }, { ...QUICK, DATABASE_URL })
    const { get, post, request, clock } = jotter
    const { newUser, logIn, logOut, refresh, statusOf } = sessionClient(jotter)
    const changePassword = (token: string, current_password: string, new_password: string) =>
      post('/auth/password', { current_password, new_password }, token)

    for (const method of ['GET', 'POST']) {
      test(`item 45 after ${method} /auth/logout the next request is refused`, async () => {
        const { username, auth_token } = await newUser()
        const other = await logIn(username)
        // Verified before, so that it is remembered as good.
        assert.equal(await statusOf(auth_token), 200)
        const answer = await logOut(auth_token, '', method)
        assert.equal(answer.status, 200)
        assert.equal(answer.headers.get('cache-control'), 'no-store')
        assert.deepEqual(await json(answer), {
          status: 'success',
          message: 'Successfully logged out.',
        })
        const refused = await get('/auth/status', auth_token)
        assert.equal(refused.status, 401)
        const { message, code } = await json(refused)
        assert.deepEqual([message, code], ['Invalid token. Please log in again.', 'token_invalid'])
        assert.equal((await logOut(auth_token, '', method)).status, 401)
        assert.equal(await statusOf(other.auth_token), 200)
      })
    }

    test('item 52 every token of the session ends with it', async () => {
      const { auth_token, refresh_token } = await newUser()
      const { token } = await json<{ token: string }>(await refresh(refresh_token))
      await logOut(token)
      for (const dead of [auth_token, token]) assert.equal(await statusOf(dead), 401)
    })

    test('?everywhere=true ends all sessions of the user, and of nobody else', async () => {
      const { username, auth_token } = await newUser()
      const bystander = await newUser()
      const others = [await logIn(username), await logIn(username)]
      const answer = await logOut(auth_token, '?everywhere=true')
      assert.equal(answer.status, 200)
      for (const { auth_token, refresh_token } of others) {
        assert.equal(await statusOf(auth_token), 401)
        assert.equal((await refresh(refresh_token)).status, 401)
      }
      assert.equal(await statusOf(auth_token), 401)
      assert.equal(await statusOf(bystander.auth_token), 200)
      // Whoever logs in again, in the same second too, is in.
      assert.equal(await statusOf((await logIn(username)).auth_token), 200)
    })

    test('?everywhere=false is a logout as without it, and anything else is 400', async () => {
      const { username, auth_token } = await newUser()
      const other = await logIn(username)
      for (const query of ['?everywhere=', '?everywhere=1', '?everywhere', '?all=true']) {
        const answer = await logOut(auth_token, query)
        assert.equal(answer.status, 400)
        assert.equal((await json(answer)).message, 'Invalid payload.')
      }
      assert.equal(await statusOf(auth_token), 200)
      await logOut(auth_token, '?everywhere=false')
      assert.equal(await statusOf(auth_token), 401)
      assert.equal(await statusOf(other.auth_token), 200)
    })

    test('neither HEAD nor a prefetch nor another method logs out', async () => {
      const { auth_token } = await newUser()
      const authorization = `Bearer ${auth_token}`
      for (const method of ['HEAD', 'PUT', 'DELETE', 'OPTIONS']) {
        const answer = await request('/auth/logout', { method, headers: { authorization } })
        assert.equal(answer.status, 405)
        assert.equal(answer.headers.get('allow'), 'GET, POST')
      }
      for (const headers of [{ 'sec-purpose': 'prefetch' }, { purpose: 'prefetch;prerender' }]) {
        const answer = await request('/auth/logout', { headers: { authorization, ...headers } })
        assert.equal(answer.status, 403)
        assert.equal(await codeOf(answer), 'prefetch_refused')
      }
      assert.equal(await statusOf(auth_token), 200)
    })

    test('another password ends every other session, and the own goes on', async () => {
      const { username, auth_token } = await newUser()
      const own = await logIn(username)
      const answer = await changePassword(own.auth_token, PASSWORD, NEXT)
      assert.equal(answer.status, 200)
      assert.deepEqual(await json(answer), {
        status: 'success',
        message: 'Successfully changed password.',
      })
      assert.equal(await statusOf(auth_token), 401)
      assert.equal(await statusOf(own.auth_token), 200)
      assert.equal((await refresh(own.refresh_token)).status, 200)
      const old = await post('/auth/login', { username, password: PASSWORD })
      assert.equal(old.status, 401)
      await logIn(username, NEXT)
    })

    test('a wrong current password changes nothing, and is slowed down', async () => {
      const { username, auth_token } = await newUser()
      const other = await logIn(username)
      for (let i = 0; i < 5; i += 1) {
        const answer = await changePassword(auth_token, 'wrong', NEXT)
        assert.equal(answer.status, 403)
        const { status, code } = await json(answer)
        assert.deepEqual([status, code], ['error', 'current_password_wrong'])
      }
      const slowed = await changePassword(auth_token, PASSWORD, NEXT)
      assert.equal(slowed.status, 429)
      assert.ok(Number(slowed.headers.get('retry-after')) > 0)
      assert.equal((await json(slowed)).status, 'error')
      clock.pass(60)
      for (const { auth_token: token } of [{ auth_token }, other]) {
        assert.equal(await statusOf(token), 200)
      }
      await logIn(username)
    })

    test('a new password against the rules is 400 and says where', async () => {
      const { username, auth_token } = await newUser()
      for (const bad of ['abc', 'a'.repeat(1025)]) {
        const answer = await changePassword(auth_token, PASSWORD, bad)
        assert.equal(answer.status, 400)
        const { message, errors } = await json<{ message: string; errors: { pointer: string }[] }>(
          answer,
        )
        assert.equal(message, 'Invalid payload.')
        assert.equal(errors[0]?.pointer, '/new_password')
      }
      await logIn(username)
    })

    test('of ten changes at once with one current password, one stands', async () => {
      const { username, auth_token } = await newUser()
      const wanted = Array.from({ length: 10 }, (_, i) => `new password ${i}`)
      const answers = await Promise.all(
        wanted.map((next) => changePassword(auth_token, PASSWORD, next)),
      )
      const stands = wanted.filter((_, i) => answers[i]?.status === 200)
      assert.equal(stands.length, 1)
      const others = answers.filter(({ status }) => status !== 200).map(({ status }) => status)
      assert.ok(others.every((status) => status === 403 || status === 429))
      clock.pass(60)
      await logIn(username, stands[0])
    })
  })
}
