/**
 * One refresh token presented a hundred times at once to two nodes (security.md D-07), and by who has
 * lost the answer (D-08): nobody who is honest is logged out, and nobody gets a second session out of it.
 */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { quantiles } from '../faults/figures.ts'
import { seededRandom } from '../faults/random.ts'
import { startPostgres } from '../support/postgres.ts'
import type { ServerProcess } from '../support/process.ts'
import { PASSWORD, type Pair, QUICK } from '../support/sessions.ts'
import { type Share, sharesOf } from './shares.ts'

const LONG = process.env.JOTTER_TEST_LONG !== undefined
const ROUNDS = LONG ? 1_000 : 3
const LOST = LONG ? 500 : 12
/** The default: longer than a hundred refreshes take on a machine that has other work. */
const GRACE_SECONDS = 10
/** Most of the time is spent waiting: only where figures are wanted, one case waits for the other. */
const AT_ONCE = { concurrency: !LONG }

const server = await startPostgres({ after })

type Node = Pick<ServerProcess, 'address'>

interface Answer extends Partial<Pair> {
  readonly status: number
  readonly code?: string
}

async function post({ address }: Node, path: string, body: unknown): Promise<Answer> {
  const answer = await fetch(address + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify(body),
  })
  return { ...((await answer.json()) as Pair), status: answer.status }
}

const refresh = (node: Node, refresh_token: string | undefined) =>
  post(node, '/token/refresh', { refresh_token })

/** Again and again while the database takes too long for an answer, as honest clients do. */
async function refreshPatiently(node: Node, refresh_token: string): Promise<Answer> {
  const answer = await refresh(node, refresh_token)
  if (answer.code !== 'store_unavailable') return answer
  await sleep(50)
  return refreshPatiently(node, refresh_token)
}

async function statusOf({ address }: Node, token: string | undefined): Promise<number> {
  const headers = { authorization: `Bearer ${token}`, connection: 'close' }
  return (await fetch(`${address}/auth/status`, { headers })).status
}

/** Two nodes, and a user who logs in at either of them. */
async function start(t: TestContext, share: (t: TestContext) => Promise<Share>) {
  const { startNode, stores } = await share(t)
  const environment = {
    ...QUICK,
    JOTTER_ISSUER: 'https://jotter.example.com',
  }
  const nodes = [await startNode(environment), await startNode(environment)] as const
  const random = seededRandom(t)
  const any = () => nodes[Math.floor(random() * 2)] as Node
  const user = { username: 'michael', email: 'michael@example.com', password: PASSWORD }
  const { status } = await post(nodes[0], '/auth/register', user)
  assert.equal(status, 201)
  return {
    stores,
    nodes,
    random,
    any,
    /** The refresh token of a new session. */
    async newSession(): Promise<string> {
      const { username, password } = user
      const { status, refresh_token } = await post(any(), '/token', { username, password })
      assert.equal(status, 200)
      return refresh_token as string
    },
  }
}

const sidOf = (refreshToken: string): string => refreshToken.split('.')[0] as string

/** Sends the request, and destroys the connection `ms` later without having read anything. */
async function loseAnswer({ address }: Node, refresh_token: string, ms: number): Promise<void> {
  const body = JSON.stringify({ refresh_token })
  const { hostname, port } = new URL(address)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  const written = Promise.withResolvers<void>()
  socket.write(
    `POST /token/refresh HTTP/1.1\r\nHost: ${hostname}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${body.length}\r\n\r\n${body}`,
    () => written.resolve(),
  )
  await written.promise
  await sleep(ms)
  socket.destroy()
}

describe('refreshes', AT_ONCE, () => {
  for (const [engine, share] of Object.entries(sharesOf(server))) {
    describe(`two nodes on ${engine}`, AT_ONCE, () => {
      test('D-07 give a hundred at once the same successor, and it lives once', async (t) => {
        const { stores, nodes, any, newSession } = await start(t, share)
        const took: number[] = []
        const unused: { first: string; second: string }[] = []
        for (let round = 0; round < ROUNDS; round += 1) {
          const first = await newSession()
          const began = performance.now()
          const answers = await Promise.all(
            Array.from({ length: 100 }, (_, i) => refreshPatiently(nodes[i % 2] as Node, first)),
          )
          took.push(performance.now() - began)
          assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
          const successors = [...new Set(answers.map((answer) => answer.refresh_token))]
          assert.equal(successors.length, 1)
          const [second] = successors as [string]
          // Those of one round in two are left for the end of the grace.
          if (round % 2 === 0) {
            unused.push({ first, second })
            continue
          }
          const third = await refresh(any(), second)
          assert.equal(third.status, 200)
          // The successor has been used: who presents the first now has stolen it, or was stolen from.
          const reused = await refresh(any(), first)
          assert.deepEqual([reused.status, reused.code], [401, 'refresh_token_reused'])
          await demandEnded(first, third)
        }
        t.diagnostic(`a hundred at once, ms: ${quantiles(took)}`)

        await sleep(GRACE_SECONDS * 1000 + 100)
        for (const { first, second } of unused) {
          const reused = await refresh(any(), first)
          assert.deepEqual([reused.status, reused.code], [401, 'refresh_token_reused'])
          await demandEnded(first, { status: 200, refresh_token: second })
        }

        /** On each node: nothing that the session has given out is good. */
        async function demandEnded(first: string, last: Answer) {
          for (const node of nodes) {
            for (const token of [first, last.refresh_token]) {
              const { status, code } = await refresh(node, token)
              assert.deepEqual([status, code], [401, 'refresh_token_invalid'])
            }
          }
          assert.notEqual((await stores.sessions.get(sidOf(first)))?.endedAt, undefined)
          if (last.token === undefined) return
          const ended = performance.now()
          for (const node of nodes) {
            while ((await statusOf(node, last.token)) !== 401) {
              assert.ok(performance.now() - ended < 5_000, 'an access token outlives its session')
              await sleep(5)
            }
          }
        }
      })

      test('D-08 let in who lost the answer, with the same token, at either', async (t) => {
        const { stores, any, random, newSession } = await start(t, share)
        const seen = { rotated: 0, repeated: 0 }
        for (let round = 0; round < LOST; round += 1) {
          const first = await newSession()
          await loseAnswer(any(), first, round % 2 === 0 ? 0 : 10 * random())
          const session = await stores.sessions.get(sidOf(first))
          seen[session?.generation === 2 ? 'repeated' : 'rotated'] += 1
          const retries = [any(), any()].map((node) => refreshPatiently(node, first))
          const [one, other] = (await Promise.all(retries)) as [Answer, Answer]
          assert.deepEqual([one.status, other.status], [200, 200])
          assert.equal(one.refresh_token, other.refresh_token)
          for (const { token } of [one, other]) assert.equal(await statusOf(any(), token), 200)
          // Last: what was lost may still be under way, and is a reused token from now on.
          const next = await refreshPatiently(any(), one.refresh_token as string)
          assert.equal(next.status, 200)
        }
        t.diagnostic(`what the retry found left to do: ${JSON.stringify(seen)}`)
        assert.ok(seen.repeated > 0, 'no refresh was done before its answer was lost')
      })
    })
  }
})
