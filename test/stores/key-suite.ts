import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { KeyState, StoredKey } from '../../packages/server/src/keys/store.ts'
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
