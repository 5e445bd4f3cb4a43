/** Registering and logging in as testdriven.io's users do (behaviour.md A2, items 36-53). */
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { startTestService } from '../../support/service.ts'
import { newName, PASSWORD, QUICK, sessionClient, type Tokens } from '../../support/sessions.ts'
import { claimsOf, codeOf, json } from '../../support/transactions.ts'

const NO_TOKEN = 'Bearer realm="jotter"'

const ENGINES = { memory: 'memory:', 'a SQLite file': undefined }

for (const [engine, DATABASE_URL] of Object.entries(ENGINES)) {
  describe(`on ${engine}`, async () => {
    const jotter = await startTestService({ after }, { ...QUICK, DATABASE_URL })
    const { post, get, request } = jotter
    const { newUser, logIn } = sessionClient(jotter)
    const errorOf = async (answer: Response) => {
      const { request_id, errors, ...rest } = await json(answer)
      assert.equal(request_id, answer.headers.get('x-request-id'))
      assert.equal(answer.headers.get('content-type'), 'application/json; charset=utf-8')
      assert.equal(answer.headers.get('cache-control'), 'no-store')
      return rest
    }

    test('item 43 a registration is 201 with both tokens, and the user is logged in', async () => {
      const names = newName()
      const answer = await post('/auth/register', { ...names, password: 'test' })
      assert.equal(answer.status, 201)
      assert.equal(answer.headers.get('cache-control'), 'no-store')
      const { auth_token, refresh_token, ...said } = await json<Tokens>(answer)
      assert.deepEqual(said, { status: 'success', message: 'Successfully registered.' })
      assert.match(refresh_token, /^[\da-f-]{36}\.1\.[\w-]{43}$/)
      const status = await get('/auth/status', auth_token)
      assert.equal(status.status, 200)
      const { data, ...rest } = await json<{ data: object }>(status)
      assert.deepEqual(rest, { status: 'success' })
      assert.deepEqual(data, {
        id: claimsOf(auth_token).sub,
        ...names,
        active: true,
        created_at: '2017-07-14T02:40:00.000Z',
      })
    })

    test('item 43 a taken user name or address is 400, whatever its case and width', async () => {
      const { username, email } = await newUser()
      const free = newName()
      for (const taken of [
        { username, email: free.email },
        { username: free.username, email },
        { username: username.toUpperCase(), email: free.email },
        { username: `${username} `, email: free.email },
        { username: username.replace('u', 'ｕ'), email: free.email },
        { username: free.username, email: email.toUpperCase() },
      ]) {
        const answer = await post('/auth/register', { ...taken, password: PASSWORD })
        assert.equal(answer.status, 400)
        assert.deepEqual(await errorOf(answer), {
          status: 'error',
          message: 'Sorry. That user already exists.',
          code: 'user_exists',
        })
      }
      // And nothing of these is kept.
      const answer = await post('/auth/register', { ...free, password: PASSWORD })
      assert.equal(answer.status, 201)
    })

    test('of 20 registrations at once with one name, one is kept', async () => {
      const { username } = newName()
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          post('/auth/register', {
            username,
            email: `${username}-${i}@b.example`,
            password: 'test',
          }),
        ),
      )
      const statuses = answers.map(({ status }) => status).sort()
      assert.deepEqual(statuses, [201, ...Array.from({ length: 19 }, () => 400)])
    })

    for (const [what, body] of [
      ['nothing', undefined],
      ['an empty object', {}],
      ['no user name', { email: 'a@b.example', password: PASSWORD }],
      ['no address', { username: 'a', password: PASSWORD }],
      ['no password', { username: 'a', email: 'a@b.example' }],
      [
        'a name that nobody can see',
        { username: '\u200b', email: 'a@b.example', password: PASSWORD },
      ],
      ['an address that is none', { username: 'a', email: 'a', password: PASSWORD }],
      ['a password that is too short', { username: 'a', email: 'a@b.example', password: 'abc' }],
      ['a list', []],
      ['null', null],
    ] as const) {
      test(`item 43 a registration with ${what} is 400`, async () => {
        const answer = await post('/auth/register', body)
        assert.equal(answer.status, 400)
        assert.deepEqual(await errorOf(answer), {
          status: 'error',
          message: 'Invalid payload.',
          code: 'invalid_request',
        })
      })
    }

    test('what is wrong with each member is said', async () => {
      const body = { username: 'a@b', email: 'a', password: PASSWORD }
      const { errors } = await json(await post('/auth/register', body))
      assert.deepEqual(errors, [
        { pointer: '/username', detail: 'must not hold an @' },
        { pointer: '/email', detail: 'must be an e-mail address, as name@example.com' },
      ])
      const short = { ...newName(), password: 'abc' }
      const password = await json(await post('/auth/register', short))
      assert.deepEqual(password.errors, [
        { pointer: '/password', detail: 'must have at least 4 characters' },
      ])
      const broken = await request('/auth/register', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"username":',
      })
      assert.equal(broken.status, 400)
      const { message, errors: where } = await json<Record<string, { detail: string }[]>>(broken)
      assert.equal(message, 'Invalid payload.')
      assert.match(where?.[0]?.detail ?? '', /^the body is not JSON/)
    })

    test('item 44 a login is 200 with both tokens, by address or by user name', async () => {
      const { username, email, auth_token } = await newUser()
      const { sub } = claimsOf(auth_token)
      for (const name of [{ email }, { username }, { email: email.toUpperCase() }]) {
        const answer = await post('/auth/login', { ...name, password: PASSWORD })
        assert.equal(answer.status, 200)
        const { auth_token, refresh_token, ...said } = await json<Tokens>(answer)
        assert.deepEqual(said, { status: 'success', message: 'Successfully logged in.' })
        assert.equal(claimsOf(auth_token).sub, sub)
        assert.ok(refresh_token.startsWith(`${claimsOf(auth_token).sid}.1.`))
      }
    })

    test('each login is a session of its own', async () => {
      const { username, auth_token } = await newUser()
      const [one, two] = [await logIn(username), await logIn(username)]
      const sids = [auth_token, one.auth_token, two.auth_token].map((token) => claimsOf(token).sid)
      assert.equal(new Set(sids).size, 3)
    })

    test('item 53 unknown and wrong are told the same', async () => {
      const { username, email } = await newUser()
      for (const body of [
        { username, password: 'wrong' },
        { email, password: 'wrong' },
        { username: 'nobody at all', password: PASSWORD },
        { email: 'nobody@example.com', password: PASSWORD },
        { username: 'a@b', password: PASSWORD },
        { username: '\u200b', password: PASSWORD },
        { email: '', password: PASSWORD },
        { username, password: PASSWORD.toUpperCase() },
      ]) {
        const answer = await post('/auth/login', body)
        assert.equal(answer.status, 401)
        assert.equal(answer.headers.get('www-authenticate'), NO_TOKEN)
        assert.deepEqual(await errorOf(answer), {
          status: 'error',
          message: 'Bad username or password',
          code: 'credentials_invalid',
        })
      }
    })

    for (const [what, body] of [
      ['nothing', undefined],
      ['an empty object', {}],
      ['no password', { email: 'a@b.example' }],
      ['no name', { password: PASSWORD }],
      ['both names', { email: 'a@b.example', username: 'a', password: PASSWORD }],
      ['an empty password', { username: 'a', password: '' }],
      ['one more member', { username: 'a', password: PASSWORD, remember: true }],
    ] as const) {
      test(`item 44 a login with ${what} is 400`, async () => {
        const answer = await post('/auth/login', body)
        assert.equal(answer.status, 400)
        const { message } = await json(answer)
        assert.equal(message, 'Invalid payload.')
      })
    }

    for (const [what, authorization] of [
      ['no header', undefined],
      ['the scheme alone', 'Bearer'],
      ['an empty token', 'Bearer '],
      ['another scheme', 'Basic bWljaGFlbDp0ZXN0'],
    ] as const) {
      test(`items 47 and 54 with ${what} the token is asked for`, async () => {
        for (const [method, path] of [
          ['GET', '/auth/status'],
          ['GET', '/auth/logout'],
          ['POST', '/auth/logout'],
          ['POST', '/auth/password'],
        ] as const) {
          const headers = authorization === undefined ? {} : { authorization }
          const answer = await request(path, { method, headers })
          assert.equal(answer.status, 401)
          assert.equal(answer.headers.get('www-authenticate'), NO_TOKEN)
          assert.deepEqual(await errorOf(answer), {
            status: 'error',
            message: 'Provide a valid auth token.',
            code: 'token_required',
          })
        }
      })
    }

    test('items 38 and 47 whatever is no token of ours is told so', async () => {
      const { auth_token } = await newUser()
      const [header, claims, signature = ''] = auth_token.split('.')
      const none = Buffer.from('{"alg":"none"}').toString('base64url')
      for (const token of [
        'invalid',
        'a.b.c',
        `${auth_token} ${auth_token}`,
        `${header}.${claims}.`,
        `${none}.${claims}.`,
        `${header}.${claims}.${signature.slice(2)}`,
        `${header}.${Buffer.from('{"sub":"1"}').toString('base64url')}.${signature}`,
        'a'.repeat(9000),
      ]) {
        const answer = await get('/auth/status', token)
        assert.equal(answer.status, 401)
        assert.equal(
          answer.headers.get('www-authenticate'),
          `${NO_TOKEN}, error="invalid_token", error_description="The token is not valid"`,
        )
        assert.deepEqual(await errorOf(answer), {
          status: 'error',
          message: 'Invalid token. Please log in again.',
          code: 'token_invalid',
        })
      }
    })

    // Of what is in memory, another process knows nothing.
    if (DATABASE_URL === undefined) {
      test('C-15 who was disabled is told no more than who is wrong', async () => {
        const { username, auth_token } = await newUser()
        const { users } = await jotter.stores()
        const { sub: id } = claimsOf(auth_token)
        const at = jotter.clock.at
        await users.setActive(id, { active: false, at, revokedUntil: at + 1e9 })
        const answer = await post('/auth/login', { username, password: PASSWORD })
        assert.equal(answer.status, 401)
        assert.equal(await codeOf(answer), 'credentials_invalid')
        assert.equal((await get('/auth/status', auth_token)).status, 401)
        await users.setActive(id, { active: true, at })
        assert.equal((await post('/auth/login', { username, password: PASSWORD })).status, 200)
      })
    }
  })
}
