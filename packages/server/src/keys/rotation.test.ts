/** The life of keys on a clock that the test moves: who signs when, and what is published. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { generateKey, privateJwk, publicJwk, TokenError } from '@jotter/token'
import { openTestKeys } from '../../../../test/support/keys.ts'
import { ServiceError } from '../errors.ts'
import { accessTokens } from './access-tokens.ts'
import { keySchedule } from './schedule.ts'
import { RETIRING_MARGIN_MS, type StoredKey } from './store.ts'
import { keyUses, publicationMs } from './uses.ts'

const DAY = 86_400_000
const HOUR_LIFE = { JOTTER_TOKEN_EXPIRATION_DAYS: '0', JOTTER_TOKEN_EXPIRATION_SECONDS: '3600' }
/** With JWKS_MAX_AGE as it is by default. */
const PUBLICATION = 301_000

type Opened = Awaited<ReturnType<typeof openTestKeys>>

/** A node: its keys, and a turn of its schedule as `keep.ts` takes it. */
function nodeOf(opened: Opened, change: { rotationDays?: number; monotonic?: () => number } = {}) {
  const { deps, signingKeys, service } = opened
  const schedule = keySchedule({
    ...deps,
    service,
    uses: keyUses(deps.settings),
    damaged: () => signingKeys.damaged,
    publicationMs: publicationMs(deps.settings),
    rotationDays: deps.settings.KEY_ROTATION_DAYS,
    ...change,
  })
  const turn = async () => {
    let changed = false
    while (await schedule(await signingKeys.read())) changed = true
    return changed
  }
  const states = async () => (await deps.store.list()).map(({ state }) => state)
  const tokens = accessTokens({
    keys: signingKeys.of(deps.settings.ACCESS_ALG),
    issuer: () => 'https://issuer.example',
    audience: undefined,
    longestLifeSeconds: 3600,
    now: deps.now,
  })
  const mint = async () =>
    (await tokens.mint({ userId: 'user', sid: 'session', lifeSeconds: 3600 })).token
  return { ...opened, turn, states, mint, verify: tokens.verify }
}

async function start(environment = {}) {
  const opened = await openTestKeys({ ...HOUR_LIFE, ...environment })
  // Lists begin with the oldest.
  opened.clock.at += 1
  return nodeOf(opened)
}

const code = (wanted: string) => (error: unknown) =>
  error instanceof ServiceError && error.code === wanted
const unknownKey = (error: unknown) => error instanceof TokenError && error.reason === 'unknown_key'

const published = async ({ signingKeys }: Pick<Opened, 'signingKeys'>) =>
  (await signingKeys.published()).keys.map(({ kid }) => kid)

describe('by its schedule', () => {
  test('a key is made in time, signs on the day, verifies to the end, and goes', async () => {
    const { clock, turn, states, store, mint, verify, signingKeys } = await start()
    const begun = clock.at - 1
    const [old] = (await store.list()) as [StoredKey]
    assert.equal(await turn(), false)

    clock.at = begun + 90 * DAY - PUBLICATION - 1
    assert.equal(await turn(), false)
    clock.at += 1
    assert.equal(await turn(), true)
    assert.deepEqual(await states(), ['active', 'next'])
    const next = (await store.list())[1] as StoredKey
    assert.deepEqual(await published({ signingKeys }), [old.kid, next.kid])

    clock.at = begun + 90 * DAY - 1
    assert.equal(await turn(), false)
    const last = await mint()
    clock.at += 1
    assert.equal(await turn(), true)
    assert.deepEqual(await states(), ['retiring', 'active'])
    const first = await mint()
    const kidOf = (token: string) =>
      JSON.parse(Buffer.from(token.split('.')[0] as string, 'base64url').toString()).kid
    assert.deepEqual([kidOf(last), kidOf(first)], [old.kid, next.kid])
    for (const token of [last, first]) await verify(token)

    clock.at += 3600_000 - 1001
    await verify(last)
    clock.at += RETIRING_MARGIN_MS + 1000
    assert.equal(await turn(), false)
    assert.deepEqual(await published({ signingKeys }), [old.kid, next.kid])
    clock.at += 1
    assert.equal(await turn(), true)
    assert.deepEqual(await states(), ['retired', 'active'])
    assert.deepEqual(await published({ signingKeys }), [next.kid])
    assert.equal((await store.list())[0]?.sealed, undefined)
  })

  test('off: a key stays', async () => {
    const { clock, turn, states } = await start({ JOTTER_KEY_ROTATION_DAYS: 'off' })
    clock.at += 10_000 * DAY
    assert.equal(await turn(), false)
    assert.deepEqual(await states(), ['active'])
  })

  test('with SECRET_KEY there is nothing to do', async () => {
    const { clock, turn, states, service } = await start({ SECRET_KEY: 's'.repeat(32) })
    clock.at += 1000 * DAY
    assert.equal(await turn(), false)
    assert.deepEqual(await states(), [])
    await assert.rejects(service.rotate(), code('invalid_request'))
  })

  test('F-10 a clock that is set forward neither lets a key sign nor ends one', async () => {
    const opened = await openTestKeys(HOUR_LIFE)
    opened.clock.at += 1
    const steady = { at: 0 }
    const node = nodeOf(opened, { monotonic: () => steady.at })
    const pass = (ms: number) => {
      opened.clock.at += ms
      steady.at += ms
    }
    await node.service.rotate()
    await node.turn()
    opened.clock.at += DAY
    assert.equal(await node.turn(), false)
    opened.clock.at -= DAY
    pass(PUBLICATION)
    assert.equal(await node.turn(), true)
    assert.deepEqual(await node.states(), ['retiring', 'active'])
    await node.turn()
    opened.clock.at += 60 * DAY
    assert.equal(await node.turn(), false)
    opened.clock.at -= 60 * DAY
    pass(3600_000 + RETIRING_MARGIN_MS)
    assert.equal(await node.turn(), true)
  })

  test('a node that starts long after the date lets the key sign at once', async () => {
    const { service, deps, clock } = await openTestKeys(HOUR_LIFE)
    clock.at += 1
    await service.rotate()
    clock.at += PUBLICATION + 60_000
    const later = nodeOf(await openTestKeys(HOUR_LIFE, { store: deps.store, now: () => clock.at }))
    assert.equal(await later.turn(), true)
    assert.deepEqual(await later.states(), ['retiring', 'active'])
  })

  test('a lost key that signs is followed by another one', async () => {
    const { turn, states, store, log, clock } = await start()
    const [{ kid }] = (await store.list()) as [StoredKey]
    await store.advance({ kid, from: 'active', to: 'retired', at: clock.at })
    assert.equal(await turn(), true)
    assert.deepEqual((await states()).sort(), ['active', 'retired'])
    assert.ok(log.some(({ msg }) => msg.includes('no key was there')))
  })

  test('of two nodes one works, and the other follows', async () => {
    const one = await start()
    const change = { store: one.deps.store, duties: one.deps.duties, now: one.deps.now }
    const two = nodeOf(await openTestKeys(HOUR_LIFE, change))
    one.clock.at += 90 * DAY
    const changed = await Promise.all([one.turn(), two.turn()])
    assert.deepEqual(changed.sort(), [false, true])
    assert.deepEqual(await one.states(), ['active', 'next'])
    await Promise.all([one.signingKeys.read(), two.signingKeys.read()])
    assert.deepEqual(await published(one), await published(two))
  })
})

describe('a key that was changed in the database', () => {
  const spoilt = (key: StoredKey, foreign: StoredKey): readonly StoredKey[] => [
    { ...key, sealed: foreign.sealed },
    { ...key, sealed: '1.a.b.c' },
    { ...key, publicJwk: foreign.publicJwk },
  ]
  for (const i of [0, 1, 2]) {
    test(`never signs, is logged once, and stays for somebody to look at (${i})`, async () => {
      const node = await start()
      const foreign = (await (await start()).store.list())[0] as StoredKey
      await node.service.rotate()
      const next = (await node.store.list())[1] as StoredKey
      await node.store.advance({ kid: next.kid, from: 'next', to: 'retired', at: 1 })
      await node.store.purge(Number.MAX_SAFE_INTEGER)
      await node.store.insert(spoilt(next, foreign)[i] as StoredKey)
      node.clock.at += PUBLICATION + DAY
      for (let turns = 0; turns < 3; turns += 1) assert.equal(await node.turn(), false)
      assert.deepEqual(await node.states(), ['active', 'next'])
      assert.deepEqual(node.signingKeys.damaged, [next.kid])
      assert.equal((await published(node)).includes(next.kid), false)
      const told = node.log.filter(
        ({ kid, msg }) => kid === next.kid && msg.includes('was changed'),
      )
      assert.equal(told.length, 1)
      await assert.rejects(node.service.promote(next.kid), code('key_damaged'))
      await node.verify(await node.mint())
      // It does not hold up an emergency.
      const [plan] = await node.service.rotate({ emergency: true })
      assert.notEqual(plan?.kid, next.kid)
      assert.deepEqual((await node.states()).sort(), ['active', 'retired', 'retired'])
    })
  }
})

describe('by hand', () => {
  test('a rotation that has begun is not begun again', async () => {
    const { service, states, store, clock } = await start()
    const [dry] = await service.rotate({ dryRun: true })
    assert.deepEqual(await states(), ['active'])
    const plans = await Promise.all(Array.from({ length: 10 }, () => service.rotate()))
    assert.equal(new Set(plans.map(([plan]) => plan?.kid)).size, 1)
    const [old, next] = (await store.list()) as [StoredKey, StoredKey]
    const promoteAt = clock.at + PUBLICATION
    const plan = {
      alg: 'ES256',
      kid: next.kid,
      promoteAt,
      replaces: old.kid,
      retireAt: promoteAt + 3600_000 + RETIRING_MARGIN_MS,
      emergency: false,
    }
    assert.deepEqual(plans[0], [plan])
    assert.deepEqual(dry, { ...plan, kid: undefined })
    await assert.rejects(service.rotate({ alg: 'EdDSA' }), code('invalid_request'))
  })

  test('a key is promoted when it was published, and not before', async () => {
    const { service, store, clock } = await start()
    await service.rotate()
    const [old, next] = (await store.list()) as [StoredKey, StoredKey]
    clock.at += PUBLICATION - 1
    await assert.rejects(service.promote(next.kid), code('key_not_ready'))
    clock.at += 1
    assert.equal((await service.promote(next.kid)).state, 'active')
    await assert.rejects(service.promote(next.kid), code('key_not_ready'))
    await assert.rejects(service.promote(old.kid), code('key_not_ready'))
    await assert.rejects(service.promote('nobody'), code('key_not_found'))
  })

  test('a key that is in use is not retired', async () => {
    const { service, store, clock, states } = await start()
    const [{ kid }] = (await store.list()) as [StoredKey]
    await assert.rejects(service.retire(kid), code('key_in_use'))
    const [plan] = await service.rotate()
    assert.equal((await service.retire(plan?.kid as string)).state, 'retired')
    clock.at += 1
    const [again] = await service.rotate()
    clock.at += PUBLICATION
    await service.promote(again?.kid as string)
    await assert.rejects(service.retire(kid), code('key_in_use'))
    clock.at += 3600_000 + RETIRING_MARGIN_MS
    assert.equal((await service.retire(kid)).state, 'retired')
    assert.equal((await service.retire(kid)).state, 'retired')
    assert.deepEqual(await states(), ['retired', 'retired', 'active'])
  })

  test('C-13 in an emergency tokens of a key are refused from the next one on', async () => {
    const { service, mint, verify, store, states } = await start()
    const token = await mint()
    await verify(token)
    const [{ kid }] = (await store.list()) as [StoredKey]
    assert.equal((await service.retire(kid, { emergency: true })).state, 'retired')
    await assert.rejects(verify(token), unknownKey)
    await verify(await mint())
    assert.deepEqual(await states(), ['retired', 'active'])
    assert.equal((await store.list())[0]?.sealed, undefined)
  })

  test('many that retire a key in an emergency at once leave one that signs', async () => {
    const { service, store, states } = await start()
    const [{ kid }] = (await store.list()) as [StoredKey]
    await service.rotate()
    await Promise.all(Array.from({ length: 20 }, () => service.retire(kid, { emergency: true })))
    assert.deepEqual(await states(), ['retired', 'active'])
  })

  test('a key of an algorithm that is not used any more is let go', async () => {
    const before = await start()
    const [{ kid }] = (await before.store.list()) as [StoredKey]
    const node = nodeOf(
      await openTestKeys(
        { ...HOUR_LIFE, JOTTER_ACCESS_ALG: 'EdDSA' },
        { store: before.deps.store },
      ),
    )
    await assert.rejects(node.service.retire(kid), code('key_in_use'))
    assert.equal((await node.service.retire(kid, { unused: true })).state, 'retiring')
    assert.equal((await node.service.retire(kid, { emergency: true })).state, 'retired')
  })

  test('a key pair that was made elsewhere waits as any other', async () => {
    const { service, store, signingKeys } = await start()
    const pair = await generateKey('ES256')
    const key = await service.add(pair)
    assert.deepEqual([key.kid, key.state], [pair.kid, 'next'])
    assert.deepEqual(JSON.parse(key.publicJwk), publicJwk(pair))
    assert.deepEqual(privateJwk(await service.reveal(key.kid)), privateJwk(pair))
    assert.ok((await published({ signingKeys })).includes(pair.kid))
    await assert.rejects(service.add(pair), code('key_conflict'))
    await assert.rejects(service.add(await generateKey('ES256')), code('key_conflict'))
    const [{ kid }] = (await store.list()) as [StoredKey]
    await service.retire(kid, { emergency: true })
    await assert.rejects(service.reveal(kid), code('key_not_found'))
  })

  test('what promises too little is stretched by the node that needs more', async () => {
    const { service, store } = await start({ JOTTER_JWKS_MAX_AGE: '1' })
    await service.rotate()
    const longer = { JOTTER_TOKEN_EXPIRATION_SECONDS: '7200', JOTTER_TOKEN_EXPIRATION_DAYS: '0' }
    await openTestKeys({ ...longer, JOTTER_JWKS_MAX_AGE: '60' }, { store })
    const [active, next] = (await store.list()) as [StoredKey, StoredKey]
    assert.deepEqual([active.lifeSeconds, next.lifeSeconds], [7200, 7200])
    assert.equal(next.dueAt, next.createdAt + 61_000)
  })
})

describe('a token whose kid is unknown', () => {
  test('is asked about once, and then not for a second', async () => {
    const one = await start()
    let reads = 0
    const store = {
      ...one.deps.store,
      list: () => {
        reads += 1
        return one.deps.store.list()
      },
    }
    const two = nodeOf(await openTestKeys(HOUR_LIFE, { store, now: one.deps.now }))
    await one.service.rotate({ emergency: true })
    const token = await one.mint()
    reads = 0
    // Those that come while it is asked wait for the same answer.
    await Promise.all(Array.from({ length: 10 }, () => two.verify(token)))
    assert.equal(reads, 1)
    const foreign = await (await start()).mint()
    await assert.rejects(two.verify(foreign), unknownKey)
    assert.equal(reads, 1)
    two.clock.at += 1000
    for (let i = 0; i < 10; i += 1) await assert.rejects(two.verify(foreign), unknownKey)
    assert.equal(reads, 2)
  })
})

test('without its database a node signs for a minute, and verifies for as long as it is told to', async () => {
  const { deps } = await openTestKeys()
  let down = false
  const store = {
    ...deps.store,
    list: () => (down ? Promise.reject(new Error('down')) : deps.store.list()),
  }
  const node = nodeOf(
    await openTestKeys({ ...HOUR_LIFE, JOTTER_REVOCATION_MAX_AGE_SECONDS: '120' }, { store }),
  )
  const token = await node.mint()
  down = true
  node.clock.at += 60_000
  await node.verify(await node.mint())
  node.clock.at += 1
  await assert.rejects(node.mint(), { name: 'StoreUnavailable' })
  assert.equal((await node.signingKeys.published()).current, false)
  node.clock.at += 59_999
  await node.verify(token)
  node.clock.at += 1
  await assert.rejects(node.verify(token), { name: 'StoreUnavailable' })
  down = false
  await node.signingKeys.read()
  await node.verify(token)
  await node.verify(await node.mint())
})
