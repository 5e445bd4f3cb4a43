/** Refresh tokens: rotation, the grace, reuse (security.md D-07, D-08; RFC 9700 §4.14.2). */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { startTestService } from '../../support/service.ts'
import { PASSWORD, type Pair, QUICK, sessionClient } from '../../support/sessions.ts'
import { claimsOf, codeOf, json } from '../../support/transactions.ts'

const DAY = 86_400
const GRACE = 10
const AT_ONCE = 100

const ENGINES = { memory: 'memory:', 'a SQLite file': undefined }

for (const [engine, DATABASE_URL] of Object.entries(ENGINES)) {
  describe(`on ${engine}`, async () => {
    const jotter = await startTestService({ after }, { ...QUICK, DATABASE_URL })
    const { post, clock } = jotter
    const { newUser, refresh, logIn, logOut, statusOf } = sessionClient(jotter)
    const next = async (refresh_token: string) => {
      const answer = await refresh(refresh_token)
      assert.equal(answer.status, 200)
      return json<Pair>(answer)
    }
    const refusalOf = async (refresh_token: string) => {
      const answer = await refresh(refresh_token)
      assert.equal(answer.status, 401)
      assert.equal(answer.headers.get('www-authenticate'), 'Bearer realm="jotter"')
      const { msg, code } = await json(answer)
      assert.equal(typeof msg, 'string')
      return code
    }

    test('gives the next pair, whose access token lives fifteen minutes', async () => {
      const { auth_token, refresh_token } = await newUser()
      const { sub, sid } = claimsOf(auth_token)
      const answer = await refresh(refresh_token)
      assert.equal(answer.status, 200)
      assert.equal(answer.headers.get('cache-control'), 'no-store')
      const { token, refresh_token: second, ...rest } = await json<Pair>(answer)
      assert.deepEqual(rest, { user_id: sub, token_type: 'Bearer', expires_in: 900 })
      assert.ok(second.startsWith(`${sid}.2.`))
      const claims = claimsOf(token)
      assert.deepEqual([claims.sub, claims.sid, claims.exp - claims.iat], [sub, sid, 900])
      for (const good of [auth_token, token]) assert.equal(await statusOf(good), 200)
      assert.ok((await next(second)).refresh_token.startsWith(`${sid}.3.`))
    })

    test('a session lasts thirty days from its last refresh', async () => {
      let { refresh_token } = await newUser()
      const { refresh_token: unused } = await newUser()
      for (let i = 0; i < 3; i += 1) {
        clock.pass(30 * DAY - 1)
        refresh_token = (await next(refresh_token)).refresh_token
      }
      clock.pass(30 * DAY)
      for (const over of [refresh_token, unused]) {
        assert.equal(await refusalOf(over), 'refresh_token_invalid')
      }
    })

    test(`D-07 ${AT_ONCE} at once all get the same successor, and each a good access token`, async () => {
      const { refresh_token } = await newUser()
      const pairs = await Promise.all(Array.from({ length: AT_ONCE }, () => next(refresh_token)))
      assert.equal(new Set(pairs.map((pair) => pair.refresh_token)).size, 1)
      assert.equal(new Set(pairs.map(({ token }) => claimsOf(token).jti)).size, AT_ONCE)
      const statuses = await Promise.all(pairs.map(({ token }) => statusOf(token)))
      assert.deepEqual(new Set(statuses), new Set([200]))
      const [{ refresh_token: successor } = { refresh_token: '' }] = pairs
      assert.match((await next(successor)).refresh_token, /^[\da-f-]{36}\.3\./)
    })

    test('D-07 within the grace the successor is the same, until it is used', async () => {
      const { refresh_token } = await newUser()
      const first = await next(refresh_token)
      clock.pass(GRACE)
      const again = await next(refresh_token)
      assert.equal(again.refresh_token, first.refresh_token)
      assert.notEqual(again.token, first.token)
      const third = await next(first.refresh_token)
      assert.equal(await refusalOf(refresh_token), 'refresh_token_reused')
      for (const { token } of [first, again, third]) assert.equal(await statusOf(token), 401)
    })

    test('D-07 after the grace the whole session ends, for both who hold a copy', async () => {
      const { username, auth_token, refresh_token } = await newUser()
      const other = await logIn(username)
      const first = await next(refresh_token)
      clock.pass(GRACE + 1)
      assert.equal(await refusalOf(refresh_token), 'refresh_token_reused')
      for (const dead of [refresh_token, first.refresh_token]) {
        assert.equal(await refusalOf(dead), 'refresh_token_invalid')
      }
      for (const token of [auth_token, first.token]) assert.equal(await statusOf(token), 401)
      // The user's other sessions are nobody's business.
      assert.equal(await statusOf(other.auth_token), 200)
      await next(other.refresh_token)
    })

    test('D-07 the token before the last but one is reuse within the grace too', async () => {
      const { refresh_token } = await newUser()
      const second = await next(refresh_token)
      await next(second.refresh_token)
      assert.equal(await refusalOf(refresh_token), 'refresh_token_reused')
    })

    test('D-07 of two with the old and the new one at once, no two children live', async () => {
      for (let i = 0; i < 10; i += 1) {
        const { refresh_token } = await newUser()
        const { refresh_token: second } = await next(refresh_token)
        const answers = await Promise.all([
          refresh(second),
          refresh(refresh_token),
          refresh(second),
        ])
        const pairs = await Promise.all(
          answers.filter(({ status }) => status === 200).map((answer) => json<Pair>(answer)),
        )
        const generations = pairs.map((pair) => Number(pair.refresh_token.split('.')[1]))
        assert.ok(generations.every((generation) => generation === 2 || generation === 3))
        const newest = new Set(pairs.map((pair) => pair.refresh_token).filter((t) => t !== second))
        assert.ok(newest.size <= 1)
      }
    })

    test('D-08 who has lost the answer gets the same successor again', async () => {
      const { refresh_token } = await newUser()
      const { hostname, port } = new URL(jotter.address)
      const socket = connect({ host: hostname, port: Number(port) })
      const body = JSON.stringify({ refresh_token })
      const head = `POST /token/refresh HTTP/1.1\r\nHost: ${hostname}:${port}\r\nContent-Type: application/json\r\n`
      socket.write(`${head}Content-Length: ${body.length}\r\n\r\n${body}`)
      await once(socket, 'readable')
      socket.destroy()
      const { token, refresh_token: successor } = await next(refresh_token)
      assert.match(successor, /^[\da-f-]{36}\.2\./)
      assert.equal(await statusOf(token), 200)
      await next(successor)
    })

    test('D-07 after a logout it is worth nothing', async () => {
      const { auth_token, refresh_token } = await newUser()
      await logOut(auth_token)
      assert.equal(await refusalOf(refresh_token), 'refresh_token_invalid')
    })

    test('D-07 after a change of the password only the own session goes on', async () => {
      const { username, refresh_token: first } = await newUser()
      const own = await logIn(username)
      const body = { current_password: PASSWORD, new_password: 'battery staple' }
      assert.equal((await post('/auth/password', body, own.auth_token)).status, 200)
      assert.equal(await refusalOf(first), 'refresh_token_invalid')
      await next(own.refresh_token)
    })

    test('what this service never gave out is refused, and ends nothing', async () => {
      const { auth_token, refresh_token } = await newUser()
      const { refresh_token: other } = await newUser()
      const [sid = '', generation, mac = ''] = refresh_token.split('.')
      const last = mac.at(-1) as string
      const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
      const twin = alphabet[alphabet.indexOf(last) + 1]
      for (const token of [
        '',
        'a',
        auth_token,
        sid,
        `${sid}.${generation}`,
        `${sid}.${generation}.`,
        `${sid}.2.${mac}`,
        `${sid}.0.${mac}`,
        `${sid}.01.${mac}`,
        `${sid}.-1.${mac}`,
        `${sid}.1e0.${mac}`,
        `${sid}.9999999999.${mac}`,
        `${sid.toUpperCase()}.${generation}.${mac}`,
        `${sid}.${generation}.${other.split('.')[2]}`,
        // The same bytes, written otherwise.
        `${sid}.${generation}.${mac.slice(0, -1)}${twin}`,
        `${refresh_token}=`,
        `${refresh_token}\n`,
        ` ${refresh_token}`,
        `${refresh_token}.${mac}`,
        refresh_token.repeat(100),
      ]) {
        assert.equal(await refusalOf(token), 'refresh_token_invalid', token)
      }
      await next(refresh_token)
    })

    for (const value of [null, 1, true, ['a'], { $ne: null }]) {
      test(`D-13 ${JSON.stringify(value)} is no refresh token`, async () => {
        const answer = await post('/token/refresh', { refresh_token: value })
        assert.equal(answer.status, 400)
        assert.equal(await codeOf(answer), 'invalid_request')
      })
    }
  })
}

test('without a grace every repeat is reuse', async (t) => {
  const jotter = await startTestService(t, {
    ...QUICK,
    DATABASE_URL: 'memory:',
    JOTTER_REFRESH_GRACE_SECONDS: '0',
  })
  const { newUser, refresh } = sessionClient(jotter)
  const { refresh_token } = await newUser()
  assert.equal((await refresh(refresh_token)).status, 200)
  jotter.clock.at += 1
  assert.equal(await codeOf(await refresh(refresh_token)), 'refresh_token_reused')
})

test('D-07 on two nodes it is one session', async (t) => {
  const first = await startTestService(t, QUICK)
  const environment = {
    ...QUICK,
    DATABASE_URL: `sqlite:${join(first.data, 'jotter.db')}`,
    JOTTER_DATA: first.data,
    JOTTER_ISSUER: first.address,
  }
  const second = await startTestService(t, environment)
  const [one, two] = [sessionClient(first), sessionClient(second)]
  const { refresh_token } = await one.newUser()
  const answers = await Promise.all(
    Array.from({ length: AT_ONCE }, (_, i) => (i % 2 === 0 ? one : two).refresh(refresh_token)),
  )
  const pairs = await Promise.all(answers.map((answer) => json<Pair>(answer)))
  assert.equal(new Set(pairs.map((pair) => pair.refresh_token)).size, 1)
  const { token = '', refresh_token: successor = '' } = pairs[0] ?? {}
  assert.equal(await two.statusOf(token), 200)
  await one.refresh(successor)
  assert.equal(await codeOf(await two.refresh(refresh_token)), 'refresh_token_reused')
  assert.equal(await two.statusOf(token), 401)
  // The other node is told within a second.
  const deadline = performance.now() + 1_000
  while ((await one.statusOf(token)) === 200 && performance.now() < deadline);
  assert.equal(await one.statusOf(token), 401)
})
