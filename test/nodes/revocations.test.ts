/**
 * Revoked on one node is refused on the others: how soon, and what they say when they cannot know. A
 * node is asked for its feed, which is what it looks tokens up in.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Revocation } from '../../packages/server/src/revocation/store.ts'
import { openStores } from '../../packages/server/src/stores/open.ts'
import { quantiles } from '../faults/figures.ts'
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts'
import { startPostgres } from '../support/postgres.ts'
import { openSandbox, type ServerProcess, startServer } from '../support/process.ts'
import { ADMIN_KEY } from '../support/service.ts'

const LONG = process.env.JOTTER_TEST_LONG !== undefined
const ROUNDS = LONG ? 2_000 : 20
const STANDSTILLS = LONG ? 2 : 1
const STANDSTILL_MS = LONG ? 60_000 : 2_500
const LOGOUTS = LONG ? 200 : 6
const SOON_MS = 1_000

const server = await startPostgres({ after })

interface Feed {
  status: number
  values: string[]
  next: string
  code?: string
}

async function ask({ address }: ServerProcess, query = 'limit=10000'): Promise<Feed> {
  // A connection that was idle for longer than a standstill lasts would be closed instead of answered.
  const headers = { authorization: `Bearer ${ADMIN_KEY}`, connection: 'close' }
  const answer = await fetch(`${address}/v1/revocations?${query}`, { headers })
  const { items = [], ...rest } = (await answer.json()) as { items?: { value: string }[] }
  const values = items.map(({ value }) => value)
  return { ...(rest as Feed), status: answer.status, values }
}

const ofSession = (value: string): Revocation => ({
  kind: 'sid',
  value,
  notBefore: undefined,
  revokedAt: Date.now(),
  expiresAt: Date.now() + 3_600_000,
})

/** The access token of a new user. */
async function register({ address }: ServerProcess, username: string): Promise<string> {
  const answer = await fetch(`${address}/auth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify({ username, email: `${username}@example.com`, password: 'a long one' }),
  })
  assert.equal(answer.status, 201)
  return ((await answer.json()) as { auth_token: string }).auth_token
}

async function statusOf({ address }: ServerProcess, token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}`, connection: 'close' }
  return (await fetch(`${address}/auth/status`, { headers })).status
}

/** What both engines can share: a node as a process, and what another process revokes. */
interface Shared {
  startNode(environment?: Record<string, string>): Promise<ServerProcess>
  revoke(value: string): Promise<void>
}

async function shareOf(t: TestContext, url: string): Promise<Shared> {
  const sandbox = openSandbox(t)
  const stores = await openStores(url, { now: Date.now() })
  t.after(() => stores.close())
  return {
    startNode: (environment = {}) =>
      startServer(sandbox, { environment: { DATABASE_URL: url, ...environment } }),
    revoke: (value) => stores.revocations.insert(ofSession(value)),
  }
}

async function shareFile(t: TestContext): Promise<Shared> {
  const { folder } = openSandbox(t)
  return shareOf(t, `sqlite:${join(folder, 'jotter.db')}`)
}

async function shareServer(t: TestContext): Promise<Shared> {
  const database = await server.createDatabase()
  const share = await shareOf(t, database.url)
  t.after(() => database[Symbol.asyncDispose]())
  return share
}

for (const [engine, share] of [
  ['a SQLite file', shareFile],
  ['PostgreSQL', shareServer],
] as const) {
  describe(`nodes on ${engine}`, () => {
    test('refuse within a second what another has revoked', async (t) => {
      const { startNode, revoke } = await share(t)
      const node = await startNode()
      let { next } = await ask(node)
      const took: number[] = []
      for (let round = 0; round < ROUNDS; round += 1) {
        await sleep(250 * Math.random())
        const value = `session-${round}`
        const began = performance.now()
        const known = (async () => {
          for (;;) {
            const page = await ask(node, `wait=30&after=${next}`)
            next = page.next
            if (page.values.includes(value)) return performance.now()
          }
        })()
        await revoke(value)
        took.push((await known) - began)
      }
      const p99 = took.toSorted((a, b) => a - b)[Math.floor(ROUNDS * 0.99)] as number
      t.diagnostic(`from the wish to revoke to the other node, ms: ${quantiles(took)}`)
      assert.ok(p99 < SOON_MS, `p99 ${p99} ms`)
    })

    test('refuse within a second whom another has logged out', async (t) => {
      const { startNode } = await share(t)
      const issuer = { JOTTER_ISSUER: 'https://jotter.example.com' }
      const nodes = [await startNode(issuer), await startNode(issuer)] as const
      const took: number[] = []
      for (let round = 0; round < LOGOUTS; round += 1) {
        const [one, other] = round % 2 === 0 ? nodes : [nodes[1], nodes[0]]
        const token = await register(one, `person-${round}`)
        assert.equal(await statusOf(other, token), 200)
        const headers = { authorization: `Bearer ${token}`, connection: 'close' }
        const began = performance.now()
        const answer = await fetch(`${one.address}/auth/logout`, { method: 'POST', headers })
        assert.equal(answer.status, 200)
        assert.equal(await statusOf(one, token), 401)
        while ((await statusOf(other, token)) !== 401) await sleep(2)
        took.push(performance.now() - began)
      }
      t.diagnostic(`from the wish to log out to the other node, ms: ${quantiles(took)}`)
      assert.ok(Math.max(...took) < SOON_MS)
    })

    test('are right, or refuse to say, at the first request after a standstill', async (t) => {
      const { startNode, revoke } = await share(t)
      const node = await startNode()
      const took: number[] = []
      for (let round = 0; round < STANDSTILLS; round += 1) {
        await ask(node)
        process.kill(node.pid, 'SIGSTOP')
        // Its requests are there before it goes on.
        await sleep(100)
        const value = `still-${round}`
        await revoke(value)
        await sleep(STANDSTILL_MS)
        const first = Array.from({ length: 5 }, () => ask(node))
        await sleep(50)
        const resumed = performance.now()
        process.kill(node.pid, 'SIGCONT')
        for (const { status, values } of await Promise.all(first)) {
          if (status !== 503) assert.ok(values.includes(value), `${status} without it`)
        }
        while (!(await ask(node)).values.includes(value)) await sleep(5)
        took.push(performance.now() - resumed)
      }
      t.diagnostic(`right again after ${STANDSTILL_MS} ms, ms: ${quantiles(took)}`)
      assert.ok(Math.max(...took) < SOON_MS)
    })

    test('know at their first request what was revoked while they were not there', async (t) => {
      const { startNode, revoke } = await share(t)
      const node = await startNode()
      await revoke('before')
      await node.end('SIGKILL')
      await revoke('meanwhile')
      const { values } = await ask(await startNode())
      assert.deepEqual(values.sort(), ['before', 'meanwhile'])
    })
  })
}

describe('a node that has lost PostgreSQL', () => {
  const faults: readonly [string, (proxy: FaultProxy, on: boolean) => unknown][] = [
    ['which refuses connections', (proxy, on) => proxy.refuse(on)],
    ['which says nothing any more', (proxy, on) => proxy.swallow(on)],
  ]
  for (const [name, fault] of faults) {
    test(`${name}, answers 503 after its time, and recovers alone`, async (t) => {
      const database = await server.createDatabase()
      const proxy = await startFaultProxy(t, server.port)
      const { startNode, revoke } = await shareOf(t, database.url)
      t.after(() => database[Symbol.asyncDispose]())
      const node = await startNode({
        DATABASE_URL: database.url.replace(`:${server.port}/`, `:${proxy.port}/`),
        JOTTER_REVOCATION_MAX_AGE_SECONDS: '2',
      })
      await revoke('before')
      while (!(await ask(node)).values.includes('before')) await sleep(10)

      await fault(proxy, true)
      const lost = performance.now()
      await revoke('meanwhile')
      let feed = await ask(node)
      while (feed.status === 200) {
        assert.ok(performance.now() - lost < 3_500, 'it still answers')
        await sleep(20)
        feed = await ask(node)
      }
      assert.deepEqual([feed.status, feed.code], [503, 'revocations_stale'])
      const ready = await fetch(`${node.address}/readyz?verbose`)
      assert.match(await ready.text(), /^- revocations$/m)

      await fault(proxy, false)
      const healed = performance.now()
      while (!(await ask(node)).values.includes('meanwhile')) await sleep(20)
      t.diagnostic(`right ${(performance.now() - healed).toFixed()} ms after it was healed`)
      assert.equal((await fetch(`${node.address}/readyz`)).status, 200)
    })
  }
})

describe('revocations of transactions that overlap', () => {
  const INSERT = `INSERT INTO revocations (kind, value, revoked_at, expires_at)
    VALUES ('sid', $1, 0, 8000000000000)`

  async function start(t: TestContext) {
    const database = await server.createDatabase()
    const { startNode } = await shareOf(t, database.url)
    const connect = async () => {
      const client = new pg.Client({ connectionString: database.url })
      await client.connect()
      t.after(() => client.end())
      return client
    }
    const [early, late] = [await connect(), await connect()]
    t.after(() => database[Symbol.asyncDispose]())
    return { node: await startNode(), early, late }
  }

  test('are told as they commit, and none is missed', async (t) => {
    const { node, early, late } = await start(t)
    const told: string[] = []
    let next = ''
    const follow = async (value: string) => {
      while (!told.includes(value)) {
        const page = await ask(node, `wait=5${next && `&after=${next}`}`)
        told.push(...page.values)
        next = page.next
      }
    }
    for (let round = 0; round < 5; round += 1) {
      await early.query('BEGIN')
      await early.query(INSERT, [`early-${round}`])
      await late.query(INSERT, [`late-${round}`])
      const began = performance.now()
      await follow(`late-${round}`)
      assert.ok(performance.now() - began < SOON_MS, 'it waits for a transaction of somebody else')
      // As a guard does that asks again meanwhile: nothing new, and its cursor moves on.
      next = (await ask(node, `after=${next}`)).next
      await early.query('COMMIT')
      await follow(`early-${round}`)
    }
    const { values } = await ask(node)
    assert.equal(new Set(values).size, 10)
  })
})
