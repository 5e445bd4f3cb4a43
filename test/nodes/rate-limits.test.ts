/** Limits are of all nodes together (http-api.md 2; security.md F-08). */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { startPostgres } from '../support/postgres.ts'
import { ADMIN_KEY, startTestService, type TestService } from '../support/service.ts'
import { startNodes } from './nodes.ts'

const PHONE = '15555551212'
const server = await startPostgres({ after })

/** How many of 40 requests at once, spread over the nodes, are answered with each status. */
async function fortyOver(nodes: readonly TestService[], path = '/v1/token/') {
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, i) =>
      (nodes[i % nodes.length] as TestService).get(
        path.endsWith('/') ? `${path}${15_555_550_000 + i}` : `${path}/order-${i}`,
      ),
    ),
  )
  const count = (wanted: number) => answers.filter(({ status }) => status === wanted).length
  return { passed: count(200), refused: count(429), unavailable: count(503) }
}

for (const [what, setting, path] of [
  ['phone number', 'JOTTER_RATE_LIMIT_PHONE', `/v1/token/${PHONE}`],
  ['address', 'JOTTER_RATE_LIMIT', '/v1/token/'],
] as const) {
  test(`ten a minute for one ${what}: exactly 10 of 40 over both nodes, in every window`, async (t) => {
    const { nodes, database } = await startNodes(t, server, { [setting]: '10/minute' })
    const limited = { passed: 10, refused: 30, unavailable: 0 }
    assert.deepEqual(await fortyOver(nodes, path), limited)
    for (const node of nodes) {
      const refused = await node.get(`/v1/token/${PHONE}/one-more`)
      assert.equal(refused.status, 429)
      assert.match(refused.headers.get('retry-after') ?? '', /^(60|5\d)$/)
    }
    assert.equal((await nodes[0].get('/v1/transactions/one-more', ADMIN_KEY)).status, 404)

    // A minute later, for the database and for the nodes.
    await database.query('UPDATE limits SET ends_at = ends_at - 60000')
    for (const { clock } of nodes) clock.pass(60)
    assert.deepEqual(await fortyOver(nodes, path), limited)
  })
}

test('a hundred a minute for one API key: what a node takes at once it also spends', async (t) => {
  const { nodes, any } = await startNodes(t, server, { JOTTER_RATE_LIMIT_KEY: '100/minute' })
  const key = await any().newKey(['transactions:write'])
  const answers = await Promise.all(
    Array.from({ length: 300 }, (_, i) =>
      (nodes[i % 2] as TestService).get(`/v1/token/${PHONE}/order-${i}`, key),
    ),
  )
  const count = (wanted: number) => answers.filter(({ status }) => status === wanted).length
  assert.deepEqual([count(200), count(429)], [100, 200])
})

test('wrong API keys of one address are counted by all nodes', async (t) => {
  const { nodes } = await startNodes(t, server, { JOTTER_RATE_LIMIT_WRONG_KEY: '6/minute' })
  const wrong = `jot_0123456789ab_${'a'.repeat(43)}`
  const statuses: number[] = []
  for (let i = 0; i < 10; i += 1) {
    statuses.push((await (nodes[i % 2] as TestService).get('/v1/transactions', wrong)).status)
  }
  assert.deepEqual(statuses, [401, 401, 401, 401, 401, 401, 429, 429, 429, 429])
})

test('F-08 without the database every node keeps the limit by itself, and is not shut', async (t) => {
  const proxy = await startFaultProxy(t, server.port)
  const database = await server.createDatabase()
  const url = database.url.replace(`:${server.port}/`, `:${proxy.port}/`)
  const node = await startTestService(t, { DATABASE_URL: url, JOTTER_RATE_LIMIT: '10/minute' })
  t.after(() => database[Symbol.asyncDispose]())
  const alone = async () =>
    /^jotter_limits_alone (\d)$/m.exec(await (await node.get('/metrics')).text())?.[1]
  const said = () =>
    node.log.map((line) => JSON.parse(line).msg).filter((text) => /rate limits/.test(text))
  assert.equal(await alone(), '0')
  await proxy.refuse(true)
  assert.deepEqual(await fortyOver([node]), { passed: 0, refused: 30, unavailable: 10 })
  assert.equal(await alone(), '1')
  await proxy.refuse(false)
  assert.equal((await node.get(`/v1/token/${PHONE}`)).status, 429)
  await database.query('UPDATE limits SET ends_at = ends_at - 60000')
  node.clock.pass(60)
  assert.equal((await node.get(`/v1/token/${PHONE}`)).status, 200)
  assert.equal(await alone(), '0')
  assert.deepEqual(said(), [
    'this node counts rate limits alone: the database does not answer',
    'rate limits are counted by all nodes again',
  ])
})
