/** Users as operators see and change them, over HTTP. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, test } from 'node:test'
import { makeHash } from '../../packages/server/src/passwords/hash.ts'
import { ADMIN_KEY, startTestService, type TestService } from '../support/service.ts'
import { newName, PASSWORD, QUICK, sessionClient } from '../support/sessions.ts'
import { codeOf, json } from '../support/transactions.ts'

const jotter = await startTestService({ after }, { ...QUICK, DATABASE_URL: 'memory:' })
const { logIn, newUser, statusOf } = sessionClient(jotter)

interface User {
  id: string
  username: string
  email: string
  active: boolean
  created_at: string
  updated_at: string
  last_login_at: string | null
}
interface Page {
  items: User[]
  next: string | null
}

const ask = (path: string, body?: unknown, { post } = jotter) =>
  post(`/v1/users${path}`, body, ADMIN_KEY)
const look = async <T>(path: string, { get } = jotter) =>
  json<T>(await get(`/v1/users${path}`, ADMIN_KEY))
const create = async (service: TestService = jotter, names = newName()) =>
  json<User>(await ask('', { ...names, password: PASSWORD }, service))
const found = async (username: string) => (await look<Page>(`?username=${username}`)).items[0]
/** As another system has kept it. */
const bcrypt = (password: string) => makeHash(password, { hash: 'bcrypt', cost: 4 })
const NOBODY = '01a20000-0000-7000-8000-000000000000'

test('a user that is made is shown without a hash, and may log in', async () => {
  const names = { username: 'Zaphod', email: 'Zaphod@Heart-of-Gold.example' }
  const answer = await ask('', { ...names, password: PASSWORD })
  assert.equal(answer.status, 201)
  assert.equal(answer.headers.get('cache-control'), 'no-store')
  const user = await json<User>(answer)
  assert.equal(answer.headers.get('location'), `/v1/users/${user.id}`)
  const at = '2017-07-14T02:40:00.000Z'
  const expected = { id: user.id, ...names, active: true, created_at: at, updated_at: at }
  assert.deepEqual(user, { ...expected, last_login_at: null })
  assert.deepEqual(await look(`/${user.id}`), user)
  await logIn('zaphod')
  assert.equal((await look<User>(`/${user.id}`)).last_login_at, at)
})

describe('what is refused makes nobody', () => {
  const password = PASSWORD
  const email = 'refused@example.com'
  for (const [why, body, pointer] of [
    ['no name', { email, password }, '/username'],
    ['a name that is an address', { username: 'a@b.example', email, password }, '/username'],
    ['no address', { username: 'refused', password }, '/email'],
    ['a short password', { username: 'refused', email, password: 'abc' }, '/password'],
    ['a hash', { username: 'refused', email, password, password_hash: 'x' }, '/password_hash'],
    ['an id', { username: 'refused', email, password, id: NOBODY }, '/id'],
  ] as const) {
    test(`${why} is 400 at ${pointer}`, async () => {
      const answer = await ask('', body)
      assert.equal(answer.status, 400)
      const { errors } = await json<{ errors: { pointer: string }[] }>(answer)
      assert.deepEqual(
        errors.map((error) => error.pointer),
        [pointer],
      )
      assert.equal(await found('refused'), undefined)
    })
  }

  test('a name or an address that is taken is 409, in any spelling', async () => {
    const { username, email: address } = await create()
    for (const body of [
      { username: username.toUpperCase(), email, password },
      { username: 'refused', email: address.toUpperCase(), password },
    ]) {
      const answer = await ask('', body)
      assert.equal(answer.status, 409)
      assert.equal(await codeOf(answer), 'user_taken')
    }
    assert.equal(await found('refused'), undefined)
  })

  test('nobody is 404, whatever the id is', async () => {
    for (const id of [NOBODY, NOBODY.toUpperCase(), 'michael', 'a%00b', "' OR 1=1--"]) {
      for (const verb of ['disable', 'enable', 'revoke', 'password']) {
        const body = verb === 'password' ? { password } : undefined
        const answer = await ask(`/${id}/${verb}`, body)
        assert.equal(answer.status, 404, `${id} ${verb}`)
        assert.equal(await codeOf(answer), 'user_not_found')
      }
      assert.equal((await jotter.get(`/v1/users/${id}`, ADMIN_KEY)).status, 404)
    }
  })
})

describe('the list', () => {
  test('comes in pages, newest first, of all, the active or the disabled', async (t) => {
    const service = await startTestService(t, { ...QUICK, DATABASE_URL: 'memory:' })
    const made: User[] = []
    for (let i = 0; i < 7; i += 1) {
      made.unshift(await create(service))
      service.clock.pass(1)
    }
    const off = made.filter((_, i) => i % 3 === 0).map(({ id }) => id)
    for (const id of off) await ask(`/${id}/disable`, undefined, service)
    const all: string[] = []
    for (let after = ''; ; ) {
      const page = await look<Page>(`?limit=3${after}`, service)
      all.push(...page.items.map(({ id }) => id))
      if (page.next === null) break
      after = `&after=${page.next}`
    }
    assert.deepEqual(
      all,
      made.map(({ id }) => id),
    )
    const idsOf = async (status: string) =>
      (await look<Page>(`?status=${status}`, service)).items.map(({ id }) => id)
    assert.deepEqual(await idsOf('disabled'), off)
    assert.deepEqual(
      await idsOf('active'),
      all.filter((id) => !off.includes(id)),
    )
  })

  test('has the one with a name or an address, in any spelling', async () => {
    const user = await create()
    const address = encodeURIComponent(user.email.toUpperCase())
    for (const query of [
      `username=${user.username.toUpperCase()}`,
      `email=${address}`,
      `username=${user.username}&email=${address}&status=active`,
    ]) {
      assert.deepEqual(await look(`?${query}`), { items: [user], next: null }, query)
    }
    for (const query of [
      'username=nobody',
      'username=a@b.example',
      'username=%00',
      'email=nobody',
      `username=${user.username}&email=nobody@example.com`,
      `username=${user.username}&status=disabled`,
    ]) {
      assert.deepEqual(await look(`?${query}`), { items: [], next: null }, query)
    }
  })

  for (const query of ['limit=0', 'limit=x', 'after=x', 'status=expired', 'name=a']) {
    test(`?${query} is 400`, async () => {
      assert.equal((await jotter.get(`/v1/users?${query}`, ADMIN_KEY)).status, 400)
    })
  }
})

describe('sessions end at once', () => {
  test('of who is disabled, who cannot log in until enabled', async () => {
    const { username, email, auth_token } = await newUser()
    const { id } = (await found(username)) as User
    for (let i = 0; i < 2; i += 1) {
      const answer = await ask(`/${id}/disable`)
      assert.deepEqual([answer.status, (await json<User>(answer)).active], [200, false])
    }
    assert.equal(await statusOf(auth_token), 401)
    assert.equal((await jotter.post('/auth/login', { email, password: PASSWORD })).status, 401)
    assert.equal((await json<User>(await ask(`/${id}/enable`))).active, true)
    assert.equal(await statusOf(auth_token), 401)
    jotter.clock.pass(1)
    assert.equal(await statusOf((await logIn(username)).auth_token), 200)
  })

  test('of who is logged out everywhere, who may log in again', async () => {
    const { username, auth_token } = await newUser()
    const other = await logIn(username)
    const { id } = (await found(username)) as User
    assert.deepEqual(await json(await ask(`/${id}/revoke`)), { id, sessions_ended: 2 })
    assert.deepEqual(await json(await ask(`/${id}/revoke`)), { id, sessions_ended: 0 })
    for (const token of [auth_token, other.auth_token]) assert.equal(await statusOf(token), 401)
    assert.equal(await statusOf((await logIn(username)).auth_token), 200)
  })

  test('of who gets another password; a refused one ends nothing', async () => {
    const { username, auth_token } = await newUser()
    const { id } = (await found(username)) as User
    const refused = await ask(`/${id}/password`, { password: 'abc' })
    assert.equal(refused.status, 400)
    assert.equal(await statusOf(auth_token), 200)
    const answer = await ask(`/${id}/password`, { password: 'battery staple' })
    assert.deepEqual([answer.status, (await json<User>(answer)).id], [200, id])
    assert.equal(await statusOf(auth_token), 401)
    assert.equal((await jotter.post('/auth/login', { username, password: PASSWORD })).status, 401)
    await logIn(username, 'battery staple')
  })
})

describe('an import', () => {
  const importRows = (users: object[], more = {}, service = jotter) =>
    ask('/import', { users, ...more }, service)

  test('tells of each row what became of it, and its user logs in with the old password', async () => {
    const password_hash = await bcrypt(PASSWORD)
    const user = { username: 'Ford', email: 'ford@example.com', password_hash }
    const rows = [
      { ...user, created_at: '2001-05-11T00:00:00Z' },
      { ...user, username: 'FORD' },
      { ...user, email: 'other@example.com' },
      { ...user, username: 'other' },
      { ...user, username: 'a@b' },
      { ...user, username: 'arthur', email: 'arthur@example.com', active: false },
    ]
    const answer = await importRows(rows)
    assert.equal(answer.status, 200)
    const text = await answer.text()
    assert.ok(!text.includes(password_hash))
    assert.deepEqual(JSON.parse(text).items, [
      { outcome: 'imported' },
      { outcome: 'existing' },
      { outcome: 'conflict', reason: 'the user name has an account with another address' },
      { outcome: 'conflict', reason: 'the e-mail address has an account with another user name' },
      { outcome: 'invalid', reason: 'username must not hold an @' },
      { outcome: 'imported' },
    ])
    assert.equal((await found('ford'))?.created_at, '2001-05-11T00:00:00.000Z')
    await logIn('ford')
    const disabled = await jotter.post('/auth/login', { username: 'arthur', password: PASSWORD })
    assert.equal(disabled.status, 401)
  })

  test('for a look keeps nothing', async () => {
    const user = {
      username: 'trillian',
      email: 't@example.com',
      password_hash: await bcrypt('x'),
    }
    const answer = await importRows([user], { dry_run: true })
    assert.deepEqual(await json(answer), { items: [{ outcome: 'imported' }] })
    assert.equal(await found('trillian'), undefined)
  })

  test('takes 50 rows and no more, of this shape and no other', async () => {
    const row = (i: number) => ({
      username: `row${i}`,
      email: `row${i}@b.example`,
      password_hash: '',
    })
    const rows = Array.from({ length: 51 }, (_, i) => row(i))
    assert.equal((await importRows(rows.slice(1), { dry_run: false })).status, 200)
    for (const users of [rows, [], [{ username: 'a' }], [{ ...row(1), role: 'admin' }]]) {
      assert.equal((await importRows(users)).status, 400)
    }
  })

  for (const [kind, prefix] of [
    ['$2b$', '$2b$'],
    ['$2a$', '$2a$'],
    ['$2y$', '$2y$'],
  ] as const) {
    test(`of ${kind} has an argon2id hash in its place after the first login`, async (t) => {
      const service = await startTestService(t)
      const old = (await bcrypt(PASSWORD)).replace('$2b$', prefix)
      const user = { username: 'marvin', email: 'marvin@example.com', password_hash: old }
      assert.equal((await importRows([user], {}, service)).status, 200)
      using db = new DatabaseSync(join(service.data, 'jotter.db'))
      const stored = () =>
        String(db.prepare('SELECT password_hash FROM users').get()?.password_hash)
      assert.equal(stored(), old)
      const client = sessionClient(service)
      await client.logIn('marvin')
      assert.match(stored(), /^\$argon2id\$/)
      await client.logIn('marvin')
    })
  }
})

test('L-01 no password, hash, name or address is logged', async (t) => {
  const environment = { ...QUICK, JOTTER_LOG_REQUESTS: 'all', LOG_LEVEL: 'trace' }
  const service = await startTestService(t, environment)
  const names = { username: 'Slartibartfast', email: 'slarti@magrathea.example' }
  const password_hash = await bcrypt('fjords 42')
  const { id } = await create(service, names)
  await ask('', { ...names, password: PASSWORD }, service)
  await ask(`/${id}/password`, { password: 'fjords 42' }, service)
  await ask('/import', { users: [{ ...names, email: 'x', password_hash }] }, service)
  await ask('/import', { users: [{ ...names, hash: password_hash }] }, service)
  await look(`?email=${names.email}`, service)
  const metrics = await (await service.get('/metrics')).text()
  const told = service.log.join('\n') + metrics
  assert.ok(told.includes('/v1/users/:id/password'))
  for (const secret of [PASSWORD, 'fjords', password_hash, 'lartibart', 'magrathea']) {
    assert.ok(!told.includes(secret), secret)
  }
})
