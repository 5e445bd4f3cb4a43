/**
 * C-12: an assertion is used once ever, and a use token as often as it may be: over two processes, at
 * once, on each engine that they can share, and over a restart.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, describe, type TestContext, test } from 'node:test'
import type { Claims } from '@jotter/token'
import { register, requestToken, send } from '../support/machines.ts'
import { startPostgres } from '../support/postgres.ts'
import { openSandbox, startServer } from '../support/process.ts'
import { ADMIN_KEY } from '../support/service.ts'

const ISSUER = 'https://tokens.example'
const RACERS = 100
const ROUNDS = process.env.JOTTER_TEST_LONG === undefined ? 1 : 20
const server = await startPostgres({ after })

type UrlOf = (t: TestContext) => Promise<string>
const ENGINES: Readonly<Record<string, UrlOf>> = {
  'a SQLite file': async (t) => `sqlite:${join(openSandbox(t).folder, 'shared.db')}`,
  PostgreSQL: async (t) => {
    const database = await server.createDatabase()
    t.after(() => database[Symbol.asyncDispose]())
    return database.url
  },
}

async function startNode(t: TestContext, url: string) {
  const { address, ...rest } = await startServer(openSandbox(t), {
    environment: {
      DATABASE_URL: url,
      JOTTER_ISSUER: ISSUER,
      JOTTER_ADMIN_KEY: ADMIN_KEY,
      JOTTER_MASTER_KEY: 'm'.repeat(32),
      JOTTER_RATE_LIMIT_WRONG_KEY: 'off',
      // What is counted here are answers: a busy machine may take longer than a client waits.
      JOTTER_DATABASE_TIMEOUT_MS: '20000',
    },
  })
  const request = (path: string, init: RequestInit = {}) => fetch(address + path, init)
  const post = (path: string, body?: unknown, key?: string) =>
    request(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: JSON.stringify(body),
    })
  return { ...rest, request, post }
}

let jtis = 0
const assertion = (change: Claims = {}) => {
  jtis += 1
  const exp = Math.floor(Date.now() / 1000) + 120
  return requestToken({ iss: 'client', sub: 'client', aud: ISSUER, exp, jti: `${jtis}`, ...change })
}

/** What all answers were, and the bodies of those that are 200. */
async function race(nodes: Awaited<ReturnType<typeof startNode>>[], path: string, body: string) {
  const answers = await Promise.all(
    Array.from({ length: RACERS }, (_, i) => send(nodes[i % nodes.length] as never, path, body)),
  )
  const texts = await Promise.all(answers.map((answer) => answer.text()))
  const statuses = answers.map(({ status }) => status)
  for (const status of statuses) assert.ok([200, 403, 503].includes(status), String(status))
  return {
    tokens: texts.filter((_, i) => statuses[i] === 200),
    // A file that two processes share may be locked for too long: nobody can say what became of those.
    unknown: statuses.filter((status) => status === 503).length,
  }
}

for (const [engine, urlOf] of Object.entries(ENGINES)) {
  describe(`of two processes on ${engine}`, () => {
    test('C-12 exactly one login of 100 succeeds, and none after a restart', async (t) => {
      const url = await urlOf(t)
      const nodes = [await startNode(t, url), await startNode(t, url)]
      await register(nodes[0] as never, 'client', { strict: true, not_before_seconds: 0 })
      let last = ''
      for (let round = 0; round < ROUNDS; round += 1) {
        last = await assertion()
        const { tokens, unknown } = await race(nodes, '/login', last)
        if (unknown === 0) assert.equal(tokens.length, 1)
        else assert.ok(tokens.length <= 1)
        // The key that signed it is one for both.
        for (const node of tokens.length === 1 ? nodes : []) {
          assert.equal((await send(node as never, '/', tokens[0] as string)).status, 200)
        }
      }
      const third = await startNode(t, url)
      assert.equal((await send(third as never, '/login', last)).status, 403)
    })

    test('exactly max_uses of 100 pass the gate', async (t) => {
      const url = await urlOf(t)
      const nodes = [await startNode(t, url), await startNode(t, url)]
      const policy = { not_before_seconds: 0, lifetime_seconds: 600, max_uses: 13 }
      await register(nodes[0] as never, 'client', policy)
      for (let round = 0; round < ROUNDS; round += 1) {
        const answer = await send(nodes[1] as never, '/login', await assertion())
        assert.equal(answer.status, 200)
        const token = await answer.text()
        const { tokens: lines, unknown } = await race(nodes, '/', token)
        if (unknown === 0) assert.equal(lines.length, 13)
        else assert.ok(lines.length <= 13 && lines.length >= 13 - unknown)
      }
    })
  })
}
