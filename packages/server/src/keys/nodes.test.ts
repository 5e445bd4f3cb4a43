/**
 * F-12: two nodes on one database while keys are rotated: whoever keeps the public keys as long as he
 * may refuses no token that is good, nor does a node; after an emergency nobody takes the old key.
 */
import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import { after, type TestContext, test } from 'node:test'
import timers from 'node:timers/promises'
import { TokenError } from '@jotter/token'
import Fastify from 'fastify'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import pino from 'pino'
import { startPostgres } from '../../../../test/support/postgres.ts'
import { testSettings } from '../../../../test/support/service.ts'
import { openStores } from '../stores/open.ts'
import { type AccessTokens, accessTokens } from './access-tokens.ts'
import { masterKey } from './master-key.ts'
import { openKeys } from './open.ts'
import { keyRoutes } from './routes.ts'

const ISSUER = 'https://issuer.example'
const LONG = process.env.JOTTER_TEST_LONG !== undefined
/** Checks by the nodes and by jose together, at least. */
const CHECKS = LONG ? 100_000 : 4_000
const ROTATIONS = LONG ? 30 : 2
const server = await startPostgres({ after })
const settings = testSettings({ JOTTER_JWKS_MAX_AGE: '1', JOTTER_KEY_ROTATION_DAYS: 'off' })

/** A node on real clocks: its keys, its tokens, and its public keys over HTTP. */
async function startNode(t: TestContext, url: string) {
  const stores = await openStores(url, { now: Date.now(), timeoutMs: 20_000 })
  const keys = await openKeys({
    settings,
    store: stores.keys,
    duties: stores.duties,
    master: masterKey({ MASTER_KEY: 'm'.repeat(32), DATA: '' }, false),
    log: pino({ level: 'silent' }),
    now: Date.now,
    monotonic: () => performance.now(),
  })
  const stopped = new AbortController()
  const keeping = keys.keep(stopped.signal)
  const app = Fastify()
  await app.register(keyRoutes({ keys: keys.signingKeys, maxAgeSeconds: settings.JWKS_MAX_AGE }))
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  t.after(async () => {
    stopped.abort()
    await keeping
    await app.close()
    await stores.close()
  })
  const tokens = accessTokens({
    keys: keys.signingKeys.of('ES256'),
    issuer: () => ISSUER,
    audience: undefined,
    longestLifeSeconds: 3600,
    now: Date.now,
  })
  const grant = { userId: 'user', sid: 'session', lifeSeconds: 900 }
  return {
    ...keys,
    store: stores.keys,
    mint: async () => (await tokens.mint(grant)).token,
    verify: (token: string) => tokens.verify(token),
    jwks: new URL(`http://127.0.0.1:${port}/.well-known/jwks.json`),
  }
}

type Node = Awaited<ReturnType<typeof startNode>>

async function startNodes(t: TestContext): Promise<[Node, Node]> {
  const database = await server.createDatabase()
  const nodes = [await startNode(t, database.url), await startNode(t, database.url)] as const
  // After both, which let go of it.
  t.after(() => database[Symbol.asyncDispose]())
  return [...nodes]
}

/** As a service elsewhere that keeps the set for as long as Cache-Control says, and asks for no kid sooner. */
function joseOf({ jwks }: Node): (token: string) => Promise<unknown> {
  const keptMs = settings.JWKS_MAX_AGE * 1000
  const keys = createRemoteJWKSet(jwks, { cacheMaxAge: keptMs, cooldownDuration: keptMs })
  const options = { issuer: ISSUER, audience: ISSUER, typ: 'at+jwt', algorithms: ['ES256'] }
  return (token) => jwtVerify(token, keys, options)
}

const timeout = LONG ? 600_000 : 60_000

test('F-12 keys are rotated every two seconds, and no good token is refused', {
  timeout,
}, async (t) => {
  const nodes = await startNodes(t)
  const verifiers = [...nodes.map(({ verify }) => verify), ...nodes.map(joseOf)]
  const kids = new Set<string>()
  const refused: string[] = []
  let checks = 0
  let rotated = 0

  async function rotate(): Promise<void> {
    while (rotated < ROTATIONS) {
      const [node] = nodes
      const [plan] = await (nodes[rotated % 2] ?? node).service.rotate()
      const kid = plan?.kid
      const signs = async () =>
        (await node.store.list()).some((key) => key.kid === kid && key.state === 'active')
      while (!(await signs())) await timers.setTimeout(20)
      rotated += 1
    }
  }

  async function check(): Promise<void> {
    // Tokens of before a rotation, too.
    const held: string[] = []
    for (let i = 0; kids.size <= ROTATIONS || checks < CHECKS; i += 1) {
      const token = await (nodes[i % 2] as Node).mint()
      held.push(token)
      if (held.length > 50) held.splice((i * 7) % 50, 1)
      for (const one of [token, held[(i * 13) % held.length] as string]) {
        const { kid } = JSON.parse(Buffer.from(one.split('.')[0] as string, 'base64url').toString())
        kids.add(kid)
        const answers = await Promise.allSettled(verifiers.map((verify) => verify(one)))
        checks += answers.length
        for (const [place, answer] of answers.entries()) {
          if (answer.status === 'rejected') refused.push(`${place}: ${kid} ${answer.reason}`)
        }
      }
      await timers.setTimeout(LONG ? 1 : 5)
    }
  }

  await Promise.all([rotate(), check(), check()])
  assert.deepEqual(refused.slice(0, 5), [])
  assert.equal(kids.size, ROTATIONS + 1)
  assert.ok(checks >= CHECKS)
  t.diagnostic(`${checks} checks, ${rotated} rotations, ${kids.size} keys`)
})

test('after an emergency the old key is refused: here at once, elsewhere within a second', async (t) => {
  const [one, two] = await startNodes(t)
  const refuses = ({ verify }: Pick<AccessTokens, 'verify'>, token: string) =>
    verify(token).then(
      () => false,
      (error: unknown) => error instanceof TokenError && error.reason === 'unknown_key',
    )
  for (let i = 0; i < (LONG ? 100 : 5); i += 1) {
    const [here, there] = i % 2 === 0 ? [one, two] : [two, one]
    // Both signed by the key that goes; both have checked it, and remember that it was good.
    const token = await there.mint()
    await Promise.all([here.verify(token), there.verify(token)])
    await here.service.rotate({ emergency: true })
    const at = performance.now()
    assert.equal(await refuses(here, token), true)
    while (!(await refuses(there, token))) {
      assert.ok(performance.now() - at < 1000, 'still taken after a second')
      await timers.setTimeout(5)
    }
    // What is signed from then on is good everywhere.
    const fresh = await here.mint()
    await Promise.all([here.verify(fresh), there.verify(fresh)])
  }
})

test('F-16 nodes that rotate at once begin one rotation', async (t) => {
  const nodes = await startNodes(t)
  const plans = await Promise.all(
    Array.from({ length: 20 }, (_, i) => (nodes[i % 2] as Node).service.rotate()),
  )
  assert.equal(new Set(plans.map(([plan]) => plan?.kid)).size, 1)
  const states = (await nodes[0].store.list()).map(({ state }) => state).sort()
  assert.deepEqual(states, ['active', 'next'])
})
