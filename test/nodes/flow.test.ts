/** The transaction flow, with requests spread over two nodes of one database at random. */
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { startPostgres } from '../support/postgres.ts'
import { ADMIN_KEY } from '../support/service.ts'
import { startNodes } from './nodes.ts'

const PHONE = '15555551212'
const OTHER_PHONE = '16666666666'
const server = await startPostgres({ after })

interface Transaction {
  xid: string
  status: string
  token: string
  issued_at: string
  history: { status: string }[]
}

const json = async <T>(answer: Response): Promise<T> => {
  assert.ok(answer.ok, `${answer.status} ${answer.url}`)
  return (await answer.json()) as T
}

test('a token that one node has issued is found, and issued again, by any', async (t) => {
  const { any } = await startNodes(t, server)
  for (let i = 0; i < 20; i += 1) {
    const xid = `order-${i}`
    const token = await (await any().get(`/v1/token/${PHONE}/${xid}`)).text()
    const path = `/v1/transactions/${xid}`
    assert.equal((await json<Transaction>(await any().get(path, ADMIN_KEY))).token, token)
    assert.equal((await any().get(`/v1/token/${OTHER_PHONE}/${xid}`)).status, 409)
    assert.equal((await any().get(`/v1/token/${PHONE}/${xid}`)).status, 200)
    const { history } = await json<Transaction>(await any().get(path, ADMIN_KEY))
    assert.deepEqual(
      history.map(({ status }) => status),
      ['issued', 'issued'],
    )
  }
})

describe('both at once', () => {
  test('F-16 the same xid and phone number are one transaction, issued twice', async (t) => {
    const { any, both } = await startNodes(t, server)
    for (let i = 0; i < 50; i += 1) {
      const answers = await both((node) => node.get(`/v1/token/${PHONE}/race-${i}`))
      assert.deepEqual(
        answers.map(({ status }) => status),
        [200, 200],
      )
      const known = await any().get(`/v1/transactions/race-${i}`, ADMIN_KEY)
      assert.equal((await json<Transaction>(known)).history.length, 2)
    }
  })

  test('F-16 the same xid for two phone numbers is of one of them', async (t) => {
    const { nodes } = await startNodes(t, server)
    const phones = [PHONE, OTHER_PHONE]
    for (let i = 0; i < 50; i += 1) {
      const answers = await Promise.all(
        nodes.map((node, n) => node.get(`/v1/token/${phones[(n + i) % 2]}/race-${i}`)),
      )
      assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409])
    }
  })

  test('F-16 the same Idempotency-Key is one transaction and one token', async (t) => {
    const { any, both, database } = await startNodes(t, server)
    const key = await any().newKey(['transactions:write'])
    for (let i = 0; i < 50; i += 1) {
      const retry = { 'idempotency-key': `key-${i}` }
      const [one, other] = await both(async (node) =>
        json<Transaction>(await node.post('/v1/token', { phone_number: PHONE }, key, retry)),
      )
      assert.deepEqual(one, other)
      const mismatch = await any().post('/v1/token', { phone_number: OTHER_PHONE }, key, retry)
      assert.equal(mismatch.status, 422)
    }
    assert.deepEqual(await database.query('SELECT count(*)::int AS n FROM transactions'), [
      { n: 50 },
    ])
  })

  test('a revocation is one change, seen by both', async (t) => {
    const { any, both } = await startNodes(t, server)
    for (let i = 0; i < 20; i += 1) {
      await any().get(`/v1/token/${PHONE}/order-${i}`)
      const path = `/v1/transactions/order-${i}`
      for (const revoked of await both((node) =>
        node.post(`${path}/revoke`, undefined, ADMIN_KEY),
      )) {
        assert.equal((await json<Transaction>(revoked)).status, 'revoked')
      }
      assert.equal((await any().get(`/v1/token/${PHONE}/order-${i}`)).status, 409)
      const { history } = await json<Transaction>(await any().get(path, ADMIN_KEY))
      assert.equal(history.filter(({ status }) => status === 'revoked').length, 1)
    }
  })
})

test('pages of one list come from any node', async (t) => {
  const { any, nodes } = await startNodes(t, server)
  for (let i = 0; i < 60; i += 1) {
    for (const { clock } of nodes) clock.at += i % 3
    await any().get(`/v1/token/${PHONE}/order-${i}`)
  }
  const found: Transaction[] = []
  for (let after = ''; ; ) {
    const path = `/v1/transactions?phone_number=${PHONE}&limit=7${after}`
    const page = await json<{ items: Transaction[]; next: string | null }>(
      await any().get(path, ADMIN_KEY),
    )
    found.push(...page.items)
    if (page.next === null) break
    after = `&after=${page.next}`
  }
  assert.equal(new Set(found.map(({ xid }) => xid)).size, 60)
  assert.equal(found.length, 60)
  const times = found.map(({ issued_at }) => issued_at)
  assert.deepEqual(times, times.toSorted().reverse())
})

test('an API key counts everywhere at once, and half a second after its end nowhere', async (t) => {
  const { nodes } = await startNodes(t, server)
  for (const [one, other] of [nodes, [nodes[1], nodes[0]] as const]) {
    const made = await json<{ id: string; secret: string }>(
      await one.post('/v1/api-keys', { name: 'test', scopes: ['transactions:read'] }, ADMIN_KEY),
    )
    for (const node of [other, one]) {
      assert.equal((await node.get('/v1/transactions', made.secret)).status, 200)
    }
    await other.request(`/v1/api-keys/${made.id}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${ADMIN_KEY}` },
    })
    assert.equal((await other.get('/v1/transactions', made.secret)).status, 401)
    one.clock.pass(0.5)
    assert.equal((await one.get('/v1/transactions', made.secret)).status, 401)
  }
})

test('F-10 clocks 5 s apart break nothing: the whole life of a transaction, over both', async (t) => {
  const { any, nodes, both } = await startNodes(t, server)
  nodes[1].clock.pass(5)
  const xids = Array.from({ length: 40 }, (_, i) => `order-${i}`)
  for (const xid of xids) {
    const issued = await any().get(`/v1/token/${PHONE}/${xid}`)
    assert.equal(issued.status, 200)
    const [one, other] = await both(async (node) =>
      json<Transaction>(await node.get(`/v1/transactions/${xid}`, ADMIN_KEY)),
    )
    assert.deepEqual([one, one?.status], [other, 'issued'])
    assert.equal((await any().get(`/v1/token/${PHONE}/${xid}`)).status, 200)
    for (const { clock } of nodes) clock.pass(1)
  }
  for (const node of nodes) {
    const list = await node.get(`/v1/transactions?phone_number=${PHONE}&limit=200`, ADMIN_KEY)
    const { items } = await json<{ items: Transaction[] }>(list)
    assert.deepEqual(items.map(({ xid }) => xid).sort(), xids.toSorted())
  }
  // A key that the node ahead has made, used again where its time is not yet.
  const retry = { 'idempotency-key': 'a' }
  const body = { phone_number: PHONE, xid: 'once' }
  const ahead = await json(await nodes[1].post('/v1/token', body, ADMIN_KEY, retry))
  assert.deepEqual(await json(await nodes[0].post('/v1/token', body, ADMIN_KEY, retry)), ahead)
  assert.equal(
    (await nodes[0].post('/v1/transactions/once/revoke', undefined, ADMIN_KEY)).status,
    200,
  )
  assert.equal((await nodes[1].get(`/v1/token/${PHONE}/once`)).status, 409)
})
