/** What of users must not be seen anywhere but in the answer it is for (security.md L-01). */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { startTestService } from '../../support/service.ts'
import { type Pair, QUICK, sessionClient } from '../../support/sessions.ts'
import { json } from '../../support/transactions.ts'

test('L-01 no password, token, hash, name or address in a log line, an error or a metric', async (t) => {
  const environment = { ...QUICK, JOTTER_LOG_REQUESTS: 'all', LOG_LEVEL: 'trace' }
  const jotter = await startTestService(t, environment)
  const { get, post, request, data, log } = jotter
  const { logOut } = sessionClient(jotter)
  const names = { username: 'Zaphod.B', email: 'zaphod@heart-of-gold.example' }
  const [password, wrong, next] = ['pan galactic 42', 'gargle blaster 43', 'infinite drive 44']
  const registered = await post('/auth/register', { ...names, password })
  const first = await json<{ auth_token: string; refresh_token: string }>(registered)
  const second = await json<Pair>(await post('/token', { username: names.username, password }))
  const third = await json<Pair>(
    await post('/token/refresh', { refresh_token: second.refresh_token }),
  )
  const tokens = [first.auth_token, second.token, third.token]
  const refreshTokens = [first, second, third].map(({ refresh_token }) => refresh_token)
  const [token = ''] = tokens
  const change = { current_password: password, new_password: next }

  const errors: string[] = []
  const note = async (asked: Promise<Response>) => {
    const answer = await asked
    assert.ok(answer.status >= 400, answer.url)
    errors.push(`${JSON.stringify([...answer.headers])}${await answer.text()}`)
  }
  await note(post('/auth/register', { ...names, password }))
  await note(post('/auth/register', { ...names, password: 'pan', role: password }))
  await note(post('/auth/register', { username: names.email, email: names.username, password }))
  await note(post('/auth/login', { username: names.username, password: wrong }))
  await note(post('/auth/login', { email: names.email, password: wrong }))
  await note(post('/auth/login', { email: [names.email], password: { is: wrong } }))
  await note(post('/auth/login', `${names.email} ${password}`))
  await note(post('/token', { username: names.username, password: wrong }))
  await note(post('/token', { username: names.username, password, token }))
  await note(post('/token/refresh', { refresh_token: token }))
  await note(post('/token/refresh', { refresh_token: `${refreshTokens[0]}a` }))
  await note(post('/token/refresh', { refresh_token: [refreshTokens[0]] }))
  await note(post('/auth/password', { ...change, current_password: wrong }, token))
  await note(post('/auth/password', { ...change, user: token }, token))
  await note(get(`/auth/status?token=${token}`))
  await note(get('/auth/status', `${token}a`))
  await note(get('/v1/transactions', token))
  await note(get(`/auth/${token}`))
  await note(request(`/auth/logout?token=${token}`, { method: 'DELETE' }))
  const db = new DatabaseSync(join(data, 'jotter.db'))
  const hash = String(db.prepare('SELECT password_hash FROM users').get()?.password_hash)
  db.exec('BEGIN IMMEDIATE')
  await Promise.all([
    note(post('/auth/register', { username: 'trillian', email: 'trillian@b.example', password })),
    note(post('/auth/login', { email: names.email, password })),
    note(post('/token/refresh', { refresh_token: third.refresh_token })),
    note(logOut(token)),
    note(post('/auth/password', change, token)),
  ])
  db.exec('ROLLBACK')
  db.close()
  assert.equal((await post('/auth/password', change, token)).status, 200)
  jotter.clock.pass(11)
  await note(post('/token/refresh', { refresh_token: second.refresh_token }))

  const metrics = await (await get('/metrics')).text()
  assert.ok(log.length > errors.length)
  const secrets = [
    ...[password, wrong, next, hash, hash.slice(7), hash.slice(-20)],
    ...['zaphod', 'heart-of-gold', 'trillian'],
    ...tokens.flatMap((one) => one.split('.').slice(1)),
    ...refreshTokens.map((one) => one.split('.')[2] as string),
  ]
  for (const secret of secrets) {
    const hits = [...log, metrics, ...errors].filter((text) =>
      text.toLowerCase().includes(secret.toLowerCase()),
    )
    assert.deepEqual(hits, [], `found ${secret}`)
  }
})
