import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import pino from 'pino'
import { StoreUnavailable } from '../errors.ts'
import { revocations } from './revocations.ts'
import type { Revocation, RevocationPage, RevocationStore } from './store.ts'

const NOW = 1_800_000_000_000
const MAX_AGE_SECONDS = 5
const TOKEN = { jti: 'j', sid: 's', sub: 'u', iat: NOW / 1000 }

const ofSession = (value: string, expiresAt = NOW + 60_000): Revocation => ({
  kind: 'sid',
  value,
  notBefore: undefined,
  revokedAt: NOW,
  expiresAt,
})
const ofToken = (value: string): Revocation => ({ ...ofSession(value), kind: 'jti' })
const ofUser = (value: string, notBefore: number): Revocation => ({
  ...ofSession(value),
  kind: 'sub',
  notBefore,
})

/** A database that answers when the test lets it. */
function controllableStore(kept: Revocation[] = []) {
  let gate = Promise.resolve()
  const all = { down: false, reads: 0, changed: undefined as (() => void) | undefined }
  const store: RevocationStore = {
    async insert(revocation) {
      kept.push(revocation)
    },
    async read(from): Promise<RevocationPage> {
      all.reads += 1
      const page = {
        items: kept.slice(from).map((item, i) => ({ ...item, position: from + i })),
        horizon: kept.length,
      }
      await gate
      if (all.down) throw new StoreUnavailable('down')
      return page
    },
    purge: async () => 0,
  }
  return Object.assign(all, {
    store,
    /** Holds answers back until what it returns is called. */
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>()
      gate = promise
      return resolve
    },
    /** From now on it tells. */
    watched() {
      store.watch = async (changed) => {
        all.changed = changed
        return async () => {
          all.changed = undefined
        }
      }
    },
  })
}

async function open(t: TestContext, database = controllableStore()) {
  const clock = { at: NOW, monotonic: 0 }
  const log: string[] = []
  const stopped = new AbortController()
  const set = await revocations(
    {
      store: database.store,
      maxAgeSeconds: MAX_AGE_SECONDS,
      log: pino({}, { write: (line: string) => void log.push(JSON.parse(line).msg) }),
      now: () => clock.at,
      monotonic: () => clock.monotonic,
    },
    stopped.signal,
  )
  const stop = () => {
    stopped.abort()
    return set.closed
  }
  t.after(stop)
  return { set, clock, log, stop, ...database, database }
}

const isStale = { code: 'revocations_stale' }

describe('a token is refused', () => {
  test('by its own id, by its session and by its user, and by nothing else', async (t) => {
    const { set } = await open(t)
    assert.equal(set.isRevoked(TOKEN), false)
    for (const other of [ofToken('s'), ofToken('u'), ofSession('j'), ofSession('u')]) set.add(other)
    set.add(ofUser('j', TOKEN.iat + 1))
    assert.equal(set.isRevoked(TOKEN), false)
    set.add(ofToken('j'))
    assert.equal(set.isRevoked(TOKEN), true)
    assert.equal(set.isRevoked({ ...TOKEN, jti: undefined }), false)
    set.add(ofSession('s'))
    assert.equal(set.isRevoked({ ...TOKEN, jti: undefined }), true)
  })

  test('of a user only when it was made before', async (t) => {
    const { set } = await open(t)
    set.add(ofUser('u', TOKEN.iat))
    assert.equal(set.isRevoked(TOKEN), false)
    assert.equal(set.isRevoked({ ...TOKEN, iat: TOKEN.iat - 1 }), true)
    set.add(ofUser('u', TOKEN.iat + 1))
    assert.equal(set.isRevoked(TOKEN), true)
  })

  test('still, when a weaker revocation of the same user arrives later', async (t) => {
    const { set } = await open(t)
    set.add(ofUser('u', TOKEN.iat + 1))
    set.add(ofUser('u', TOKEN.iat - 1))
    assert.equal(set.isRevoked(TOKEN), true)
    assert.equal(set.size, 1)
  })

  test('from the first question on by what was revoked before the start', async (t) => {
    const { set } = await open(t, controllableStore([ofSession('s')]))
    assert.equal(set.isRevoked(TOKEN), true)
  })

  test('by names that every object has, only when they were revoked', async (t) => {
    const { set } = await open(t)
    for (const name of ['__proto__', 'constructor', '']) {
      assert.equal(set.isRevoked({ jti: name, sid: name, sub: name, iat: 0 }), false)
      set.add(ofSession(name))
      assert.equal(set.isRevoked({ sid: name, iat: 0 }), true)
    }
  })
})

describe('what another node revokes', () => {
  test('is found without being told', async (t) => {
    const { set, store } = await open(t)
    await store.insert(ofSession('s'))
    while (!set.isRevoked(TOKEN)) await sleep(5)
  })

  test('is read when the engine tells, also when it tells during a reading', async (t) => {
    const database = controllableStore()
    database.watched()
    const { set, store } = await open(t, database)
    const answer = database.hold()
    database.changed?.()
    await store.insert(ofSession('s'))
    database.changed?.()
    database.changed?.()
    answer()
    await set.catchUp()
    assert.equal(set.isRevoked(TOKEN), true)
    assert.ok(database.reads <= 4, `${database.reads} readings`)
  })

  test('is known when a catch-up that was asked for afterwards is over', async (t) => {
    const { set, store, database } = await open(t)
    const answer = database.hold()
    const before = set.catchUp()
    await store.insert(ofSession('s'))
    const after = set.catchUp()
    answer()
    await before
    assert.equal(set.isRevoked(TOKEN), false)
    await after
    assert.equal(set.isRevoked(TOKEN), true)
  })
})

describe('a set that the database does not confirm', () => {
  test('counts until it is too old, then answers nothing but a refusal', async (t) => {
    const { set, clock, database } = await open(t, controllableStore([ofSession('known')]))
    database.down = true
    clock.monotonic += MAX_AGE_SECONDS * 1000
    assert.equal(set.isRevoked(TOKEN), false)
    assert.equal(set.ageSeconds, MAX_AGE_SECONDS)
    clock.monotonic += 1
    assert.throws(() => set.isRevoked(TOKEN), isStale)
    assert.equal(set.isRevoked({ ...TOKEN, sid: 'known' }), true)
    await assert.rejects(set.confirmed(), isStale)
    database.down = false
    await set.catchUp()
    assert.equal(set.isRevoked(TOKEN), false)
  })

  test('is confirmed by one reading where only time has passed', async (t) => {
    const { set, clock, store } = await open(t)
    await set.confirmed()
    await store.insert(ofSession('s'))
    clock.monotonic += 60_000
    assert.throws(() => set.isRevoked(TOKEN), isStale)
    await set.confirmed()
    assert.equal(set.isRevoked(TOKEN), true)
  })

  test('is as old as the question, not as the answer', async (t) => {
    const { set, clock, database } = await open(t)
    const answer = database.hold()
    const reading = set.catchUp()
    clock.monotonic += 60_000
    answer()
    await reading
    assert.throws(() => set.isRevoked(TOKEN), isStale)
  })

  test('keeps what this process has revoked, though it cannot be read', async (t) => {
    const { set, database } = await open(t)
    database.down = true
    set.add(ofSession('s'))
    await assert.rejects(set.catchUp(), StoreUnavailable)
    assert.equal(set.isRevoked(TOKEN), true)
  })

  test('accepts nothing while what was ended here, nobody knows which, cannot be read', async (t) => {
    const { set, store, database } = await open(t)
    await store.insert(ofSession('s'))
    database.down = true
    await set.readBack()
    assert.throws(() => set.isRevoked({ sid: 'other', iat: 0 }), isStale)
    await assert.rejects(set.confirmed(), isStale)
    database.down = false
    await set.readBack()
    await set.confirmed()
    assert.equal(set.isRevoked({ sid: 'other', iat: 0 }), false)
    assert.equal(set.isRevoked(TOKEN), true)
  })

  test('does not keep everybody waiting for a database that has just failed', async (t) => {
    const { set, clock, database } = await open(t)
    database.down = true
    clock.monotonic += 60_000
    await assert.rejects(set.confirmed(), isStale)
    const { reads } = database
    database.hold()
    await assert.rejects(set.confirmed(), isStale)
    assert.equal(database.reads, reads)
    database.hold()()
  })

  test('says so once, and once when it is over', async (t) => {
    const { set, log, database } = await open(t)
    database.down = true
    for (let i = 0; i < 3; i += 1) await set.catchUp().catch(() => {})
    database.down = false
    for (let i = 0; i < 3; i += 1) await set.catchUp()
    assert.deepEqual(log, ['revocations cannot be read', 'revocations are read again'])
  })

  test('is not there at all while the database does not answer at the start', async (t) => {
    const database = controllableStore()
    database.down = true
    await assert.rejects(open(t, database), StoreUnavailable)
  })
})

describe('what has expired', () => {
  const untilSwept = () => sleep(700)

  test('is dropped a minute later, and the rest is kept', async (t) => {
    const { set, clock } = await open(t, controllableStore([ofSession('s', NOW), ofSession('t')]))
    clock.at += 60_001
    clock.monotonic += 60_001
    await untilSwept()
    assert.equal(set.size, 1)
    assert.equal(set.isRevoked({ sid: 't', iat: 0 }), true)
  })

  test('is not, by a clock that is ahead for a moment', async (t) => {
    const { set, clock } = await open(t, controllableStore([ofSession('s')]))
    clock.at += 86_400_000
    await untilSwept()
    clock.at = NOW
    assert.equal(set.isRevoked(TOKEN), true)
  })
})

test('a set that was stopped asks no more', async (t) => {
  const database = controllableStore()
  database.watched()
  const { stop } = await open(t, database)
  await stop()
  const { reads } = database
  assert.equal(database.changed, undefined)
  await sleep(400)
  assert.equal(database.reads, reads)
})
