import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Revocation, RevocationStore } from '../../packages/server/src/revocation/store.ts'
import type { OpenStores } from './open.ts'
import { DAY, HUNDRED, NOW } from './sessions/examples.ts'
import { revoked } from './sessions/look.ts'

const ofToken = (value: string, members: Partial<Revocation> = {}): Revocation => ({
  kind: 'jti',
  value,
  notBefore: undefined,
  revokedAt: NOW,
  expiresAt: NOW + DAY,
  ...members,
})
const ofUser = (notBefore: number, members: Partial<Revocation> = {}) =>
  ofToken('michael', { kind: 'sub', notBefore, ...members })

/** The values after `from`, and where the next reading begins. */
async function valuesFrom(revocations: RevocationStore, from: number) {
  const { items, horizon } = await revocations.read(from)
  return { values: items.map(({ value }) => value), horizon }
}

/** What every RevocationStore must do. `open` gives empty stores; the suite closes them. */
export function revocationStoreSuite(engine: string, open: OpenStores) {
  // The horizon of PostgreSQL waits for the transactions of its other databases too: what a test next
  // door writes makes readings repeat themselves.
  const concurrency = engine === 'PostgreSQL' ? 1 : 4
  describe(`RevocationStore on ${engine}`, { concurrency }, () => {
    keepSuite(open)
    readSuite(open)
    purgeSuite(open)
  })
}

function keepSuite(open: OpenStores) {
  test('a revocation comes back as it was', async () => {
    await using stores = await open()
    const all: Revocation[] = [
      ofToken('a', { revokedAt: 0, expiresAt: 8_640_000_000_000_000 }),
      ofToken('__proto__'),
      ofToken('a', { kind: 'sid' }),
      ofToken('a', { kind: 'sub', notBefore: 1_800_000_001 }),
    ]
    for (const revocation of all) await stores.revocations.insert(revocation)
    const { items } = await stores.revocations.read(0)
    assert.deepEqual(
      items.map(({ position, ...revocation }) => revocation),
      all,
    )
  })

  test('of two for the same value the one that refuses more stands', async () => {
    await using stores = await open()
    const { revocations } = stores
    const steps: readonly (readonly [Revocation, Revocation])[] = [
      [ofUser(100), ofUser(100)],
      [ofUser(99, { revokedAt: NOW + 1 }), ofUser(100)],
      [ofUser(200, { revokedAt: NOW + 2 }), ofUser(200, { revokedAt: NOW + 2 })],
      [ofUser(300, { revokedAt: NOW + 3, expiresAt: NOW }), ofUser(300, { revokedAt: NOW + 3 })],
      [
        ofUser(1, { revokedAt: NOW + 4, expiresAt: NOW + 2 * DAY }),
        ofUser(300, { revokedAt: NOW + 4, expiresAt: NOW + 2 * DAY }),
      ],
    ]
    for (const [given, stands] of steps) {
      await revocations.insert(given)
      assert.deepEqual(await revoked(stores), [stands])
    }
  })

  test('of a hundred at once for one user the one that refuses most stands', async () => {
    await using stores = await open()
    await Promise.all(HUNDRED.map((i) => stores.revocations.insert(ofUser((i * 37) % 100))))
    assert.deepEqual(
      (await revoked(stores)).map(({ notBefore }) => notBefore),
      [99],
    )
  })
}

function readSuite(open: OpenStores) {
  test('an empty store reads as nothing, again and again', async () => {
    await using stores = await open()
    const { items, horizon } = await stores.revocations.read(0)
    assert.deepEqual(items, [])
    assert.deepEqual((await stores.revocations.read(horizon)).items, [])
  })

  test('read gives what came after the reading before, in order', async () => {
    await using stores = await open()
    const { revocations } = stores
    let from = (await revocations.read(0)).horizon
    const seen = new Set<string>()
    for (const values of [['a'], [], ['c', 'b'], ['d']]) {
      for (const value of values) await revocations.insert(ofToken(value))
      const page = await valuesFrom(revocations, from)
      // Some may be read twice: whatever else that server does moves the horizon later.
      assert.deepEqual(
        page.values.filter((value) => !seen.has(value)),
        values,
      )
      for (const value of values) seen.add(value)
      from = page.horizon
    }
    const { items } = await revocations.read(0)
    assert.deepEqual(
      items.map(({ value }) => value),
      ['a', 'c', 'b', 'd'],
    )
    for (const [i, { position }] of items.entries()) {
      assert.ok(position > (items[i - 1]?.position ?? 0), String(position))
    }
  })

  test('a change is read by who has read what was before it; what changes nothing is not', async () => {
    await using stores = await open()
    const { revocations } = stores
    await revocations.insert(ofUser(100))
    await revocations.insert(ofToken('a'))
    const first = await valuesFrom(revocations, 0)
    await revocations.insert(ofUser(200))
    const second = await revocations.read(first.horizon)
    const changed = second.items.at(-1)
    assert.deepEqual([changed?.value, changed?.notBefore], ['michael', 200])
    await revocations.insert(ofUser(150))
    const third = await revocations.read(second.horizon)
    // At most what was read before, at its old position.
    assert.ok(third.items.every(({ position }) => position <= Number(changed?.position)))
    await revocations.insert(ofToken('b'))
    assert.equal((await valuesFrom(revocations, third.horizon)).values.at(-1), 'b')
  })

  test('whoever reads while others write misses nothing', async () => {
    await using stores = await open()
    const { revocations } = stores
    const seen = new Set<string>()
    let from = 0
    async function readOn() {
      const page = await valuesFrom(revocations, from)
      for (const value of page.values) seen.add(value)
      from = page.horizon
    }
    let writing = true
    const written = Promise.all(
      HUNDRED.map(async (i) => {
        for (let j = 0; j < 5; j += 1) await revocations.insert(ofToken(`${i}.${j}`))
      }),
    ).finally(() => {
      writing = false
    })
    while (writing) await readOn()
    await written
    await readOn()
    assert.equal(seen.size, 500)
  })

  test('whoever has read what was put back to an earlier state reads all of it', async () => {
    await using stores = await open()
    const { revocations } = stores
    await revocations.insert(ofToken('a'))
    assert.deepEqual((await valuesFrom(revocations, Number.MAX_SAFE_INTEGER)).values, ['a'])
  })
}

function purgeSuite(open: OpenStores) {
  test('purge drops what refuses nothing any more, and no more than it may at once', async () => {
    await using stores = await open()
    const { revocations } = stores
    for (let i = 0; i < 10; i += 1)
      await revocations.insert(ofToken(`${i}`, { expiresAt: NOW + i }))
    assert.equal(await revocations.purge(NOW, 10), 0)
    assert.equal(await revocations.purge(NOW + 7, 5), 5)
    assert.equal(await revocations.purge(NOW + 7, 5), 2)
    assert.equal(await revocations.purge(NOW + 7, 5), 0)
    assert.deepEqual((await valuesFrom(revocations, 0)).values, ['7', '8', '9'])
  })

  test('what comes after a purge of everything is read by who has read it', async () => {
    await using stores = await open()
    const { revocations } = stores
    for (const value of ['a', 'b', 'c']) await revocations.insert(ofToken(value))
    const { horizon } = await revocations.read(0)
    assert.equal(await revocations.purge(NOW + DAY + 1, 10), 3)
    const empty = await valuesFrom(revocations, horizon)
    assert.deepEqual(empty.values, [])
    assert.ok(empty.horizon >= horizon, `${empty.horizon} is before ${horizon}`)
    await revocations.insert(ofToken('d'))
    for (const from of [0, horizon, empty.horizon]) {
      assert.deepEqual((await valuesFrom(revocations, from)).values, ['d'])
    }
  })
}
