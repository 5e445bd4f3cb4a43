/** The key of use tokens, which is made with the first of them. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { TokenError } from '@jotter/token'
import { openTestKeys } from '../../../../test/support/keys.ts'
import { DEFAULT_POLICY } from '../clients/service.ts'
import { useTokens } from '../flows/machine/use-token.ts'
import { keySchedule } from './schedule.ts'
import type { StoredKey } from './store.ts'
import { keyUses, publicationMs } from './uses.ts'

type Opened = Awaited<ReturnType<typeof openTestKeys>>

const POLICY = { ...DEFAULT_POLICY, notBeforeSeconds: 0 }
/** RSA takes its time. */
const ENVIRONMENT = { JOTTER_MACHINE_ALG: 'EdDSA' }
const DAY = 86_400_000

/** A node, with a turn of its schedule as `keep.ts` takes it. */
function nodeOf(opened: Opened) {
  const { deps, signingKeys, service } = opened
  const schedule = keySchedule({
    ...deps,
    service,
    uses: keyUses(deps.settings),
    damaged: () => signingKeys.damaged,
    publicationMs: publicationMs(deps.settings),
    rotationDays: deps.settings.KEY_ROTATION_DAYS,
  })
  const tokens = useTokens({
    keys: signingKeys.of(deps.settings.MACHINE_ALG),
    issuer: () => 'https://issuer.example',
    audience: undefined,
    now: deps.now,
  })
  return {
    ...opened,
    turn: async () => schedule(await signingKeys.read()),
    keys: async () => (await deps.store.list()).map(({ alg, state }) => `${alg} ${state}`).sort(),
    published: async () => (await signingKeys.published()).keys.map(({ alg }) => alg).sort(),
    mint: () => tokens.mint('client', POLICY),
    verify: tokens.verify,
  }
}

const start = async (environment = {}, change: Parameters<typeof openTestKeys>[1] = {}) =>
  nodeOf(await openTestKeys({ ...ENVIRONMENT, ...environment }, change))

const kidOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[0] as string, 'base64url').toString()).kid

describe('the key of use tokens', () => {
  test('is made with the first of them, once, and by nothing before', async () => {
    const one = await start()
    const two = await start({}, { store: one.deps.store, now: one.deps.now })
    assert.equal(await one.turn(), false)
    assert.equal((await one.service.rotate({ dryRun: true })).length, 1)
    await assert.rejects(one.verify('a.b.c'), TokenError)
    await one.signingKeys.ready()
    assert.deepEqual(await one.keys(), ['ES256 active'])
    assert.deepEqual(await one.published(), ['ES256'])

    const nodes = [one, two, one, two, one, two]
    const minted = await Promise.all(nodes.map(({ mint }) => mint()))
    assert.equal(new Set(minted.map(kidOf)).size, 1)
    assert.deepEqual(await one.keys(), ['ES256 active', 'EdDSA active'])
    assert.deepEqual(await one.published(), ['ES256', 'EdDSA'])
    for (const token of minted) for (const { verify } of nodes) await verify(token)
    const key = (await one.store.list()).find(({ alg }) => alg === 'EdDSA')
    assert.equal(key?.lifeSeconds, 86_400)
  })

  test('is that of user tokens where both have one algorithm, and promises the longer life', async () => {
    const both = { JOTTER_MACHINE_ALG: 'ES256', JOTTER_TOKEN_EXPIRATION_SECONDS: '60' }
    const node = await start({ ...both, JOTTER_TOKEN_EXPIRATION_DAYS: '0' })
    await node.verify(await node.mint())
    const [key, ...others] = await node.store.list()
    assert.deepEqual([key?.alg, key?.lifeSeconds, others], ['ES256', 86_400, []])
  })

  test('is the only one that is published beside SECRET_KEY', async () => {
    const { deps } = await start()
    const node = await start({ SECRET_KEY: 's'.repeat(32) }, { store: deps.store })
    assert.deepEqual(await node.published(), [])
    await node.verify(await node.mint())
    assert.deepEqual(await node.published(), ['EdDSA'])
    const [plan, ...more] = await node.service.rotate()
    assert.deepEqual([plan?.alg, more], ['EdDSA', []])
  })

  test('is followed by another one by its date; the one before it was MACHINE_ALG verifies on', async () => {
    const node = await start()
    const before = await node.mint()
    const other = await start({ JOTTER_MACHINE_ALG: 'ES384' }, { store: node.deps.store })
    await other.verify(before)
    assert.deepEqual(await other.keys(), ['ES256 active', 'EdDSA active'])

    node.clock.at += 90 * DAY
    assert.equal(await node.turn(), true)
    assert.equal(await node.turn(), false)
    node.clock.at += publicationMs(node.deps.settings)
    assert.equal(await node.turn(), true)
    const keys = ['ES256 active', 'ES256 retiring', 'EdDSA active', 'EdDSA retiring']
    assert.deepEqual(await node.keys(), keys)
    assert.notEqual(kidOf(await node.mint()), kidOf(before))
  })

  test('may be made ahead, and signs when its date has come', async () => {
    const node = await start()
    const [plan] = await node.service.rotate({ alg: 'EdDSA' })
    assert.equal(plan?.replaces, undefined)
    assert.deepEqual(await node.published(), ['ES256', 'EdDSA'])
    assert.equal(await node.turn(), false)
    node.clock.at += publicationMs(node.deps.settings)
    assert.equal(await node.turn(), true)
    assert.equal(kidOf(await node.mint()), plan?.kid)
    assert.deepEqual(await node.keys(), ['ES256 active', 'EdDSA active'])
  })

  test('that was changed in the database stops the start, and makes no other', async () => {
    const { mint, store } = await start()
    await mint()
    const [users, machines] = (await store.list()).toSorted((a, b) => (a.alg < b.alg ? -1 : 1))
    const damaged = { ...(machines as StoredKey), sealed: (users as StoredKey).sealed }
    const changed = { ...store, list: async () => [users as StoredKey, damaged] }
    await assert.rejects(start({}, { store: changed }), { name: 'SealError' })
  })

  test('cannot be made without the database: nobody waits, and the next one asks again', async () => {
    const { deps } = await start()
    let down = false
    const insert: typeof deps.store.insert = (key) =>
      down ? Promise.reject(new Error('down')) : deps.store.insert(key)
    const node = await start({}, { store: { ...deps.store, insert } })
    down = true
    await Promise.all([1, 2].map(() => assert.rejects(node.mint(), { message: 'down' })))
    down = false
    await node.verify(await node.mint())
  })
})
