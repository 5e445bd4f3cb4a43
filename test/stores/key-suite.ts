import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type KeyState,
  RETIRING_MARGIN_MS,
  type StoredKey,
} from '../../packages/server/src/keys/store.ts'
import type { OpenStores } from './open.ts'

const NOW = 1_800_000_000_000

const keyOf = (kid: string, change: Partial<StoredKey> = {}): StoredKey => ({
  kid,
  alg: 'ES256',
  state: 'active',
  publicJwk: '{"kty":"EC"}',
  sealed: '1.a.b.c',
  createdAt: NOW,
  stateAt: NOW + 1,
  dueAt: undefined,
  lifeSeconds: 900,
  ...change,
})

/** What every KeyStore must do. */
export function keyStoreSuite(engine: string, open: OpenStores) {
  describe(`KeyStore on ${engine}`, () => {
    test('what is kept comes back as it was, also without a private key', async () => {
      await using stores = await open()
      const { insert, list } = stores.keys
      const key = keyOf('one')
      const retired = keyOf('two', { state: 'retired', sealed: undefined, createdAt: NOW + 1 })
      assert.deepEqual(await list(), [])
      assert.equal(await insert(key), true)
      assert.equal(await insert(retired), true)
      assert.deepEqual(await list(), [key, retired])
    })

    test('the list begins with the oldest, of one moment with the least kid', async () => {
      await using stores = await open()
      const { insert, list } = stores.keys
      const rows = [
        ['b', 5],
        ['c', 4],
        ['a', 5],
        ['B', 5],
      ] as const
      for (const [kid, after] of rows) {
        await insert(keyOf(kid, { state: 'retired', createdAt: NOW + after }))
      }
      assert.deepEqual(
        (await list()).map(({ kid }) => kid),
        ['c', 'B', 'a', 'b'],
      )
    })

    test('of two with one kid the first is kept', async () => {
      await using stores = await open()
      const { insert, list } = stores.keys
      const first = keyOf('one', { state: 'retired' })
      await insert(first)
      assert.equal(await insert(keyOf('one', { alg: 'EdDSA' })), false)
      assert.deepEqual(await list(), [first])
    })

    const states: readonly (readonly [KeyState, boolean])[] = [
      ['next', false],
      ['active', false],
      ['retiring', true],
      ['retired', true],
    ]
    for (const [state, several] of states) {
      test(`${several ? 'several keys' : 'one key'} of an algorithm may be ${state}`, async () => {
        await using stores = await open()
        const { insert } = stores.keys
        assert.equal(await insert(keyOf('one', { state })), true)
        assert.equal(await insert(keyOf('two', { state })), several)
        assert.equal(await insert(keyOf('three', { state, alg: 'EdDSA' })), true)
      })
    }

    test('exactly one of 50 that come at once is active', async () => {
      await using stores = await open()
      const inserts = Array.from({ length: 50 }, (_, i) => stores.keys.insert(keyOf(`${i}`)))
      const won = (await Promise.all(inserts)).flatMap((kept, i) => (kept ? [`${i}`] : []))
      assert.equal(won.length, 1)
      assert.deepEqual(
        (await stores.keys.list()).map(({ kid }) => kid),
        won,
      )
    })

    test('of two steps both are taken, or none', async () => {
      await using stores = await open()
      const { insert, advance, list } = stores.keys
      const [old, young] = [keyOf('old'), keyOf('young', { state: 'next', dueAt: NOW + 50 })]
      await insert(old)
      await insert(young)
      const steps = (at: number) =>
        [
          { kid: 'old', from: 'active', to: 'retiring', at },
          { kid: 'young', from: 'next', to: 'active', at, whenDue: true },
        ] as const
      assert.equal(await advance(...steps(NOW + 49)), false, 'before its date')
      assert.deepEqual(await list(), [old, young])
      assert.equal(await advance(...steps(NOW + 50)), true, 'at its date')
      const at = NOW + 50
      const dueAt = at + 900_000 + RETIRING_MARGIN_MS
      assert.deepEqual(await list(), [
        { ...old, state: 'retiring', stateAt: at, dueAt },
        { ...young, state: 'active', stateAt: at, dueAt: undefined },
      ])
      assert.equal(await advance(...steps(NOW + 51)), false, 'again')
    })

    test('a step that would leave two active keys of an algorithm is refused', async () => {
      await using stores = await open()
      const { insert, advance, list } = stores.keys
      await insert(keyOf('old'))
      await insert(keyOf('young', { state: 'next', dueAt: NOW }))
      const before = await list()
      const step = { kid: 'young', from: 'next', to: 'active', at: NOW } as const
      assert.equal(await advance(step), false)
      assert.deepEqual(await list(), before)
    })

    test('a retired key has no private half and no date', async () => {
      await using stores = await open()
      const { insert, advance, list } = stores.keys
      const key = keyOf('one', { state: 'retiring', dueAt: NOW + 9 })
      await insert(key)
      const step = { kid: 'one', from: 'retiring', to: 'retired', at: NOW + 8 } as const
      assert.equal(await advance({ ...step, whenDue: true }), false)
      assert.equal(await advance(step), true)
      const retired = { state: 'retired', stateAt: NOW + 8, sealed: undefined, dueAt: undefined }
      assert.deepEqual(await list(), [{ ...key, ...retired }])
    })

    test('exactly one of 50 that promote at once does', async () => {
      await using stores = await open()
      const { insert, advance } = stores.keys
      await insert(keyOf('old'))
      await insert(keyOf('young', { state: 'next', dueAt: NOW }))
      const answers = await Promise.all(
        Array.from({ length: 50 }, () =>
          advance(
            { kid: 'old', from: 'active', to: 'retiring', at: NOW },
            { kid: 'young', from: 'next', to: 'active', at: NOW, whenDue: true },
          ),
        ),
      )
      assert.equal(answers.filter(Boolean).length, 1)
    })

    test('what keys promise grows and never shrinks, for those of its algorithm', async () => {
      await using stores = await open()
      const { insert, stretch, list } = stores.keys
      const active = keyOf('active')
      const next = keyOf('next', { state: 'next', dueAt: NOW + 100 })
      const other = keyOf('other', { state: 'next', dueAt: NOW, alg: 'EdDSA' })
      for (const key of [active, next, other]) await insert(key)
      await stretch('ES256', { lifeSeconds: 899, waitMs: 99 })
      assert.deepEqual(await list(), [active, next, other])
      await stretch('ES256', { lifeSeconds: 901, waitMs: 101 })
      assert.deepEqual(await list(), [
        { ...active, lifeSeconds: 901 },
        { ...next, lifeSeconds: 901, dueAt: NOW + 101 },
        other,
      ])
    })

    test('purging drops what was retired before, and nothing else', async () => {
      await using stores = await open()
      const { insert, purge, list } = stores.keys
      await insert(keyOf('old', { state: 'retired', sealed: undefined, stateAt: NOW - 1 }))
      const kept = [
        keyOf('active', { stateAt: NOW - 1 }),
        keyOf('young', { state: 'retired', sealed: undefined, stateAt: NOW }),
      ]
      for (const key of kept) await insert(key)
      assert.equal(await purge(NOW), 1)
      assert.deepEqual(await list(), kept)
    })

    test('the first proof of a master key stands, for all who come at once too', async () => {
      await using stores = await open()
      const { keepMasterProof } = stores.keys
      const kept = await Promise.all(['a', 'b', 'c'].map((proof) => keepMasterProof(proof)))
      assert.equal(new Set(kept).size, 1)
      assert.ok(['a', 'b', 'c'].includes(kept[0] as string))
      assert.equal(await keepMasterProof('d'), kept[0])
    })
  })
}
