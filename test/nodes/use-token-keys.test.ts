/**
 * F-12 for use tokens: while their key is rotated, no node and nobody who keeps the public keys as long
 * as he may refuses one that is good; after an emergency nobody's is good that the old key has signed.
 */
import assert from 'node:assert/strict'
import { after, describe, type TestContext, test } from 'node:test'
import timers from 'node:timers/promises'
import { decodeUnverified } from '@jotter/token'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { logIn, register, send } from '../support/machines.ts'
import { startPostgres } from '../support/postgres.ts'
import { ADMIN_KEY } from '../support/service.ts'
import { type Share, sharesOf } from './shares.ts'

const LONG = process.env.JOTTER_TEST_LONG !== undefined
const ROTATIONS = LONG ? 30 : 2
const EMERGENCIES = LONG ? 100 : 4
const ISSUER = 'https://jotter.example.com'
const server = await startPostgres({ after })

async function startNode({ startNode: start }: Share) {
  const { address } = await start({
    JOTTER_ADMIN_KEY: ADMIN_KEY,
    JOTTER_ISSUER: ISSUER,
    JOTTER_JWKS_MAX_AGE: '1',
    JOTTER_KEY_ROTATION_DAYS: 'off',
    JOTTER_RATE_LIMIT_KEY: 'off',
    // Counted here are refusals: a busy machine may take longer than a client waits.
    JOTTER_DATABASE_TIMEOUT_MS: '20000',
  })
  const request = (path: string, init: RequestInit = {}) => fetch(address + path, init)
  const post = (path: string, body?: unknown, key = ADMIN_KEY) =>
    request(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: JSON.stringify(body),
    })
  const rotate = async (body: object) => {
    const answer = await post('/v1/keys/rotate', { alg: 'RS256', ...body })
    assert.equal(answer.status, 200)
    const { items } = (await answer.json()) as { items: { kid: string; replaces: string }[] }
    return items[0] as { kid: string; replaces: string }
  }
  /** What a good token is refused with, if it is. */
  const use = async (token: string) => {
    const answer = await send({ request } as never, '/', token)
    const text = await answer.text()
    return answer.status === 200 ? undefined : `${answer.status} ${text}`
  }
  return { address, request, post, rotate, use, logIn: () => logIn({ request, post } as never) }
}

type Node = Awaited<ReturnType<typeof startNode>>

/** Two nodes and a client whose tokens are good at once, for longer than a test. */
async function startNodes(share: Share): Promise<readonly [Node, Node]> {
  const nodes = await Promise.all([startNode(share), startNode(share)])
  await register(nodes[0] as never, 'client', { not_before_seconds: 0, lifetime_seconds: 3600 })
  return nodes
}

/** As a service elsewhere that keeps the set for as long as Cache-Control says, and asks for no kid sooner. */
function joseOf({ address }: Node): (token: string) => Promise<string | undefined> {
  const jwks = new URL('/.well-known/jwks.json', address)
  const keys = createRemoteJWKSet(jwks, { cacheMaxAge: 1000, cooldownDuration: 1000 })
  const options = { issuer: ISSUER, audience: ISSUER, typ: 'use+jwt', algorithms: ['RS256'] }
  return (token) =>
    jwtVerify(token, keys, options).then(
      () => undefined,
      (error: Error) => error.message,
    )
}

const kidOf = (token: string) => decodeUnverified(token).header.kid as string

async function neverRefused(t: TestContext, share: Share): Promise<void> {
  const nodes = await startNodes(share)
  // Logins at once make one key; the other node takes what it has not read yet.
  const held = await Promise.all(nodes.map((node) => node.logIn()))
  assert.equal(new Set(held.map(kidOf)).size, 1)
  const checks = [...nodes.map(({ use }) => use), ...nodes.map(joseOf)]
  const kids = new Set<string>()
  const refused: string[] = []
  let checked = 0

  async function rotate(): Promise<void> {
    for (let i = 0; i < ROTATIONS; i += 1) {
      const { kid } = await (nodes[i % 2] as Node).rotate({})
      while (!kids.has(kid)) await timers.setTimeout(20)
    }
  }

  async function check(): Promise<void> {
    for (let i = 0; kids.size <= ROTATIONS; i += 1) {
      const token = await (nodes[i % 2] as Node).logIn()
      kids.add(kidOf(token))
      held.push(token)
      // Those of before a rotation, too.
      for (const one of [token, held[(i * 13) % held.length] as string]) {
        const answers = await Promise.all(checks.map((look) => look(one)))
        checked += answers.length
        for (const [place, answer] of answers.entries()) {
          if (answer !== undefined) refused.push(`${place}: ${kidOf(one)} ${answer}`)
        }
      }
      await timers.setTimeout(LONG ? 1 : 5)
    }
  }

  await Promise.all([rotate(), check(), check()])
  assert.deepEqual(refused.slice(0, 5), [])
  t.diagnostic(`${checked} checks, ${ROTATIONS} rotations, ${kids.size} keys`)
}

async function refusedAfterEmergency(share: Share): Promise<void> {
  const nodes = await startNodes(share)
  for (let i = 0; i < EMERGENCIES; i += 1) {
    const [here, there] = i % 2 === 0 ? nodes : ([nodes[1], nodes[0]] as const)
    // Both have checked it, and remember that it was good.
    const token = await there.logIn()
    assert.deepEqual([await here.use(token), await there.use(token)], [undefined, undefined])
    if (i % 4 < 2) assert.equal((await here.rotate({ emergency: true })).replaces, kidOf(token))
    else {
      const path = `/v1/keys/${kidOf(token)}/retire`
      assert.equal((await here.post(path, { emergency: true })).status, 200)
    }
    const at = performance.now()
    assert.match((await here.use(token)) ?? '', /^403 /)
    while ((await there.use(token)) === undefined) {
      assert.ok(performance.now() - at < 1000, 'still taken after a second')
      await timers.setTimeout(5)
    }
    const fresh = await here.logIn()
    assert.notEqual(kidOf(fresh), kidOf(token))
    assert.deepEqual([await here.use(fresh), await there.use(fresh)], [undefined, undefined])
  }
}

for (const [engine, share] of Object.entries(sharesOf(server))) {
  describe(`two processes on ${engine}`, () => {
    test(
      'F-12 rotate the key of use tokens, and no good token is refused',
      {
        timeout: LONG ? 600_000 : 60_000,
      },
      async (t) => neverRefused(t, await share(t)),
    )

    test('after an emergency refuse the use tokens of the old key: here at once, there within a second', async (t) =>
      refusedAfterEmergency(await share(t)))
  })
}
