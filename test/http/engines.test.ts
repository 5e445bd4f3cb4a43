/** The main flow over the wire, on each engine that keeps what it is given. */
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { startPostgres } from '../support/postgres.ts'
import { ADMIN_KEY, PRODUCTION, startTestService } from '../support/service.ts'
import { PASSWORD, type Pair, sessionClient } from '../support/sessions.ts'
import { claimsOf, codeOf, json, lookUp, PHONE } from '../support/transactions.ts'

const server = await startPostgres({ after })

const ENGINES: Readonly<Record<string, () => Promise<string | undefined>>> = {
  'a SQLite file': async () => undefined,
  PostgreSQL: async () => (await server.createDatabase()).url,
}

for (const [engine, newDatabase] of Object.entries(ENGINES)) {
  describe(`on ${engine}`, async () => {
    const jotter = await startTestService({ after }, { DATABASE_URL: await newDatabase() })
    const { get, post, clock } = jotter
    const { transaction, countOf } = lookUp(jotter)

    test('a token is issued, issued again, looked up, and its transaction revoked', async () => {
      const first = await (await get(`/v1/token/${PHONE}/order-1`)).text()
      clock.pass(5)
      const second = await (await get(`/v1/token/${PHONE}/order-1`)).text()
      assert.equal(claimsOf(first).xid, 'order-1')
      assert.equal(claimsOf(second).iat, claimsOf(first).iat + 5)

      const { token, status, history } = await transaction('order-1')
      assert.deepEqual({ token, status }, { token: second, status: 'issued' })
      assert.deepEqual(
        history.map(({ status, detail }) => [status, detail]),
        [
          ['issued', null],
          ['issued', 'issued again'],
        ],
      )

      const revoked = await post('/v1/transactions/order-1/revoke', undefined, ADMIN_KEY)
      assert.equal(revoked.status, 200)
      assert.equal((await transaction('order-1')).status, 'revoked')
      const closed = await post('/v1/token', { phone_number: PHONE, xid: 'order-1' })
      assert.equal(await codeOf(closed), 'transaction_closed')
    })

    test('an xid belongs to one phone number', async () => {
      await get('/v1/token/15555550001/order-2')
      const answer = await post('/v1/token', { phone_number: '15555550002', xid: 'order-2' })
      assert.equal(answer.status, 409)
      assert.equal(await codeOf(answer), 'xid_conflict')
    })

    test('20 posts at once with one Idempotency-Key give one transaction and one token', async () => {
      const phone_number = '15555550003'
      const headers = { 'idempotency-key': 'parallel' }
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => post('/v1/token', { phone_number }, undefined, headers)),
      )
      const bodies = await Promise.all(answers.map((answer) => answer.text()))
      assert.deepEqual([...new Set(answers.map(({ status }) => status))], [201])
      assert.equal(new Set(bodies).size, 1)
      assert.equal(await countOf(phone_number), 1)
    })

    test('500 tokens at once are 500 transactions, and the list has each of them once', async () => {
      const phone = '15555550004'
      const answers = await Promise.all(
        Array.from({ length: 500 }, () => get(`/v1/token/${phone}`)),
      )
      const xids = await Promise.all(
        answers.map(async (a) => claimsOf(await a.text()).xid as string),
      )
      const listed: string[] = []
      for (let next = ''; ; ) {
        const path = `/v1/transactions?phone_number=${phone}&limit=200${next && `&after=${next}`}`
        const page = await json<{ items: { xid: string }[]; next: string | null }>(
          await get(path, ADMIN_KEY),
        )
        listed.push(...page.items.map(({ xid }) => xid))
        if (page.next === null) break
        next = page.next
      }
      assert.deepEqual(listed, xids.sort().reverse())
    })

    test('a user registers, logs in, refreshes fifty times at once, and logs out', async () => {
      const { newUser, logIn, logOut, refresh, statusOf } = sessionClient(jotter)
      const { username, email, auth_token } = await newUser()
      const taken = await post('/auth/register', { username: 'other', email, password: PASSWORD })
      assert.equal(await codeOf(taken), 'user_exists')
      const { refresh_token } = await logIn(username)
      const pairs = await Promise.all(
        Array.from({ length: 50 }, async () => json<Pair>(await refresh(refresh_token))),
      )
      assert.equal(new Set(pairs.map((pair) => pair.refresh_token)).size, 1)
      const { token = '', refresh_token: successor = '' } = pairs[0] ?? {}
      assert.equal((await refresh(successor)).status, 200)
      assert.equal(await codeOf(await refresh(refresh_token)), 'refresh_token_reused')
      assert.equal(await statusOf(token), 401)
      const change = { current_password: PASSWORD, new_password: 'battery staple' }
      assert.equal((await post('/auth/password', change, auth_token)).status, 200)
      const { auth_token: second } = await logIn(username, 'battery staple')
      assert.equal((await logOut(second, '?everywhere=true')).status, 200)
      for (const dead of [auth_token, second]) assert.equal(await statusOf(dead), 401)
    })

    test('API keys are made, taken and deleted', async () => {
      const key = await jotter.newKey(['transactions:read'])
      assert.equal((await get('/v1/transactions', key)).status, 200)
      const { items } = await json<{ items: { id: string }[] }>(
        await get('/v1/api-keys', ADMIN_KEY),
      )
      assert.equal(items.length, 1)
      const path = `/v1/api-keys/${items[0]?.id}`
      const headers = { authorization: `Bearer ${ADMIN_KEY}` }
      assert.equal((await jotter.request(path, { method: 'DELETE', headers })).status, 204)
      clock.pass(1)
      assert.equal((await get('/v1/transactions', key)).status, 401)
    })

    test('B-14 what no engine can keep is 400, and an id that cannot be is 404', async () => {
      for (const name of ['a\0b', '\ud800', 'a\udfffb']) {
        const answer = await post('/v1/api-keys', { name, scopes: ['admin'] }, ADMIN_KEY)
        assert.equal(answer.status, 400, JSON.stringify(name))
      }
      const headers = { authorization: `Bearer ${ADMIN_KEY}` }
      const gone = await jotter.request('/v1/api-keys/a%00b', { method: 'DELETE', headers })
      assert.equal(gone.status, 404)
    })

    test('it is ready, and what it keeps is there after a restart', async () => {
      assert.equal(
        await (await get('/readyz?verbose')).text(),
        '+ store\n+ revocations\n+ keys\n+ not stopping\n',
      )
      const { transactions } = await jotter.stores()
      const found = await transactions.get(String(claimsOf(await tokenOf('kept')).iss), 'kept')
      assert.equal(found?.phoneNumber, PHONE)
    })

    const tokenOf = async (xid: string) => (await get(`/v1/token/${PHONE}/${xid}`)).text()
  })
}

test('F-06 without PostgreSQL: 503 in time with Retry-After, alive, not ready; then well again', async (t) => {
  const { url } = await server.createDatabase()
  const { get, post, log, clock } = await startTestService(t, { DATABASE_URL: url })
  assert.equal((await get(`/v1/token/${PHONE}/before`)).status, 200)
  await server.stop('immediate')
  const started = performance.now()
  const answers = await Promise.all([
    get(`/v1/token/${PHONE}`),
    post('/v1/token', { phone_number: PHONE, xid: 'during' }),
    get('/v1/transactions/before', ADMIN_KEY),
    get('/v1/api-keys', ADMIN_KEY),
  ])
  assert.ok(performance.now() - started < 2_000)
  for (const { status, headers } of answers) {
    assert.equal(status, 503)
    assert.equal(headers.get('retry-after'), '1')
  }
  assert.equal((await get('/livez')).status, 200)
  // What was well is believed for a second.
  clock.pass(1)
  assert.equal((await get('/readyz')).status, 503)
  await server.start()
  while ((await get('/readyz')).status !== 200);
  assert.equal((await get(`/v1/token/${PHONE}/before`)).status, 200)
  assert.doesNotMatch(log.join(''), /only%20tests|only tests/)
})

test('production takes it too, and nothing of its password is logged', async (t) => {
  const { url } = await server.createDatabase()
  const { get, log } = await startTestService(t, { ...PRODUCTION, DATABASE_URL: url })
  assert.equal((await get(`/v1/token/${PHONE}`, ADMIN_KEY)).status, 200)
  assert.doesNotMatch(log.join(''), /only%20tests|only tests/)
})
