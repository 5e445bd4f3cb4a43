/** GET /v1/keys and POST /v1/keys/rotate, and what they change at GET /.well-known/jwks.json. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import { ADMIN_KEY, startTestService, type TestService } from '../support/service.ts'

const JWKS = '/.well-known/jwks.json'

interface ListedKey {
  kid: string
  alg: string
  state: string
  state_at: string
  promote_at: string | null
  retire_at: string | null
  public_jwk: Record<string, string>
}

const list = async ({ get }: TestService, key = ADMIN_KEY) =>
  ((await (await get('/v1/keys', key)).json()) as { items: ListedKey[] }).items

const rotate = async ({ post }: TestService, body?: unknown) => {
  const answer = await post('/v1/keys/rotate', body, ADMIN_KEY)
  const { items } = (await answer.json()) as { items: Record<string, unknown>[] }
  return { status: answer.status, plan: items[0] as Record<string, unknown> }
}

const published = async ({ get }: TestService) => {
  const answer = await get(JWKS)
  const { keys } = (await answer.json()) as { keys: { kid: string }[] }
  return { kids: keys.map(({ kid }) => kid).sort(), etag: answer.headers.get('etag') }
}

/** The schedule runs on real time, whatever the clock says. */
const TURN_MS = 3_000

describe('keys over HTTP', () => {
  test('a rotation begins, is seen in the list and the public keys, and ends by itself', async (t) => {
    const jotter = await startTestService(t)
    const before = await published(jotter)
    const [old] = (await list(jotter)) as [ListedKey]
    const { clock } = jotter
    const dry = await rotate(jotter, { dry_run: true })
    assert.equal(dry.status, 200)
    assert.equal(dry.plan.kid, null)
    assert.deepEqual(await published(jotter), before)

    const { status, plan } = await rotate(jotter)
    assert.equal(status, 200)
    const promoteAt = new Date(clock.at + 301_000).toISOString()
    assert.deepEqual(
      { ...plan, kid: null },
      { ...dry.plan, promote_at: promoteAt, replaces: old.kid, emergency: false },
    )
    assert.equal((await rotate(jotter, { alg: 'ES256' })).plan.kid, plan.kid)
    const both = await published(jotter)
    assert.deepEqual(both.kids, [old.kid, plan.kid].sort())
    assert.notEqual(both.etag, before.etag)
    const waiting = (await list(jotter)).find(({ kid }) => kid === plan.kid)
    assert.deepEqual([waiting?.state, waiting?.promote_at], ['next', promoteAt])

    await t.waitFor(
      async () => {
        // More than once: a node counts from when it has seen the key.
        clock.pass(302)
        const states = new Map((await list(jotter)).map(({ kid, state }) => [kid, state]))
        assert.equal(states.get(plan.kid as string), 'active')
        assert.equal(states.get(old.kid), 'retiring')
      },
      { timeout: TURN_MS },
    )
    assert.deepEqual(await published(jotter), both)
  })

  test('in an emergency the key before is not even published any more', async (t) => {
    const jotter = await startTestService(t)
    const { kids } = await published(jotter)
    const { plan } = await rotate(jotter, { emergency: true })
    assert.deepEqual([plan.replaces], kids)
    assert.deepEqual((await published(jotter)).kids, [plan.kid])
    const now = new Date(jotter.clock.at).toISOString()
    assert.deepEqual([plan.promote_at, plan.retire_at, plan.emergency], [now, now, true])
  })

  test('a key is promoted and retired by hand when nothing speaks against it', async (t) => {
    const jotter = await startTestService(t)
    const change = async (kid: unknown, verb: string, body?: unknown) => {
      const answer = await jotter.post(`/v1/keys/${kid}/${verb}`, body, ADMIN_KEY)
      const { state, code } = (await answer.json()) as { state?: string; code?: string }
      return [answer.status, state ?? code]
    }
    const [old] = (await list(jotter)) as [ListedKey]
    const { plan } = await rotate(jotter)
    assert.deepEqual(await change(plan.kid, 'promote'), [409, 'key_not_ready'])
    assert.deepEqual(await change(old.kid, 'retire'), [409, 'key_in_use'])
    assert.deepEqual(await change('nobody', 'retire'), [404, 'key_not_found'])
    assert.deepEqual(await change('nobody', 'promote'), [404, 'key_not_found'])
    assert.deepEqual(await change(old.kid, 'retire', { other: 1 }), [400, 'invalid_request'])
    assert.deepEqual(await change(plan.kid, 'retire'), [200, 'retired'])
    assert.deepEqual(await change(old.kid, 'retire', { emergency: true }), [200, 'retired'])
    const states = (await list(jotter)).map(({ state }) => state).sort()
    assert.deepEqual(states, ['active', 'retired', 'retired'])
  })

  test('C-13 a token that was checked before is refused when its key is revoked', async (t) => {
    const jotter = await startTestService(t)
    const user = { username: 'ann', email: 'ann@example.com', password: 'correct horse' }
    const made = await jotter.post('/auth/register', user)
    const { auth_token } = (await made.json()) as { auth_token: string }
    const status = async (token: string) => (await jotter.get('/auth/status', token)).status
    assert.equal(await status(auth_token), 200)
    await rotate(jotter)
    assert.equal(await status(auth_token), 200)
    await rotate(jotter, { emergency: true })
    assert.equal(await status(auth_token), 401)
    const { username, password } = user
    const login = await jotter.post('/auth/login', { username, password })
    const again = (await login.json()) as { auth_token: string }
    assert.equal(await status(again.auth_token), 200)
  })

  test('wants the scope keys, and a body that it knows', async (t) => {
    const jotter = await startTestService(t)
    const { get, post, newKey } = jotter
    const [keys, other] = [await newKey(['keys']), await newKey(['transactions:write', 'clients'])]
    assert.equal((await list(jotter, keys)).length, 1)
    for (const [key, status] of [
      [undefined, 401],
      [other, 403],
    ] as const) {
      assert.equal((await get('/v1/keys', key)).status, status)
      assert.equal((await post('/v1/keys/rotate', {}, key)).status, status)
    }
    const bad = [[], 'x', 1, { alg: 1 }, { emergency: 'yes' }, { other: true }]
    for (const body of [...bad, { alg: 'HS256' }, { alg: 'EdDSA' }, { alg: 'none' }]) {
      const answer = await post('/v1/keys/rotate', body, keys)
      assert.equal(answer.status, 400, JSON.stringify(body))
    }
    assert.equal((await list(jotter)).length, 1)
  })

  test('L-01, L-02 no answer, log line or file has a private key', async (t) => {
    const jotter = await startTestService(t)
    await rotate(jotter)
    await rotate(jotter, { emergency: true })
    const keys = await list(jotter)
    assert.equal(keys.length, 2)
    for (const { public_jwk } of keys) {
      assert.deepEqual(Object.keys(public_jwk).sort(), [
        'alg',
        'crv',
        'kid',
        'kty',
        'use',
        'x',
        'y',
      ])
    }
    for (const name of readdirSync(jotter.data).filter((file) => file.startsWith('jotter.db'))) {
      const text = readFileSync(join(jotter.data, name), 'latin1')
      assert.ok(!/"d":|BEGIN (EC )?PRIVATE/.test(text), name)
    }
    assert.ok(!/"d":/.test(jotter.log.join('')))
  })

  test('S3: with SECRET_KEY there is nothing to list and nothing to rotate', async (t) => {
    const jotter = await startTestService(t, { SECRET_KEY: 's'.repeat(32) })
    assert.deepEqual(await list(jotter), [])
    const answer = await jotter.post('/v1/keys/rotate', {}, ADMIN_KEY)
    assert.equal(answer.status, 400)
    assert.ok(!(await answer.text()).includes('s'.repeat(32)))
  })

  test('a key that was changed in the database is told of, and does not sign', async (t) => {
    const jotter = await startTestService(t)
    const { plan } = await rotate(jotter)
    using db = new DatabaseSync(join(jotter.data, 'jotter.db'))
    db.prepare("UPDATE signing_keys SET sealed = '1.a.b.c' WHERE kid = ?").run(plan.kid as string)
    const damaged = new RegExp(`^! signing key ${plan.kid} was changed$`, 'm')
    await t.waitFor(
      async () => assert.match(await (await jotter.get('/readyz?verbose')).text(), damaged),
      { timeout: TURN_MS },
    )
    assert.equal((await jotter.get('/readyz')).status, 200)
    jotter.clock.pass(400)
    await t.waitFor(
      async () => assert.ok(!(await published(jotter)).kids.includes(plan.kid as string)),
      { timeout: TURN_MS },
    )
    const states = (await list(jotter)).map(({ state }) => state).sort()
    assert.deepEqual(states, ['active', 'next'])
    const lines = jotter.log.filter((line) => line.includes('was changed'))
    assert.equal(lines.length, 1)
    assert.ok(lines[0]?.includes(plan.kid as string))
  })
})
