import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { OpenStores } from './open.ts'

const NOW = 1_800_000_000_000
const END = NOW + 30_000

/** What every AssertionStore must do. */
export function assertionStoreSuite(engine: string, open: OpenStores) {
  describe(`AssertionStore on ${engine}`, () => {
    test('takes each jti of an issuer once, until when it may be', async () => {
      await using stores = await open()
      const { assertions } = stores
      assert.equal(await assertions.consume('client', 'a', END), true)
      assert.equal(await assertions.consume('client', 'a', END), false)
      assert.equal(await assertions.consume('client', 'a', END + 1), false)
    })

    test('tells issuers apart, and the parts of a name', async () => {
      await using stores = await open()
      const { assertions } = stores
      for (const [issuer, jti] of [
        ['client', 'a'],
        ['other', 'a'],
        ['client', 'A'],
        ['clienta', ''],
        ['client:', 'a'],
      ] as const) {
        assert.equal(await assertions.consume(issuer, jti, END), true, `${issuer} ${jti}`)
      }
    })

    test('C-12 exactly one of 100 at once is the one', async () => {
      await using stores = await open()
      const { assertions } = stores
      const all = Array.from({ length: 100 }, () => assertions.consume('client', 'a', END))
      assert.equal((await Promise.all(all)).filter(Boolean).length, 1)
    })

    test('drops what has ended, the oldest first and no more than asked for', async () => {
      await using stores = await open()
      const { assertions } = stores
      for (const [i, jti] of ['b', 'c', 'a'].entries()) {
        await assertions.consume('client', jti, END + i)
      }
      assert.equal(await assertions.purge(END, 10), 0)
      assert.equal(await assertions.purge(END + 2, 1), 1)
      assert.equal(await assertions.consume('client', 'b', END), true)
      assert.equal(await assertions.consume('client', 'c', END), false)
      assert.equal(await assertions.purge(END + 2, 10), 2)
      assert.equal(await assertions.consume('client', 'a', END), false)
    })
  })
}

/** What every UseStore must do. */
export function useStoreSuite(engine: string, open: OpenStores) {
  describe(`UseStore on ${engine}`, () => {
    test('counts each token by itself, as often as it may be used', async () => {
      await using stores = await open()
      const { uses } = stores
      assert.equal(await uses.use('a', 2, END), true)
      assert.equal(await uses.use('b', 1, END), true)
      assert.equal(await uses.use('a', 2, END), true)
      assert.equal(await uses.use('a', 2, END), false)
      assert.equal(await uses.use('b', 1, END), false)
    })

    test('goes by how often it may be used now', async () => {
      await using stores = await open()
      const { uses } = stores
      assert.equal(await uses.use('a', 1, END), true)
      assert.equal(await uses.use('a', 1, END), false)
      assert.equal(await uses.use('a', 1_000_000, END), true)
      assert.equal(await uses.use('a', 1, END), false)
    })

    test('lets exactly 7 of 100 at once through', async () => {
      await using stores = await open()
      const { uses } = stores
      const all = Array.from({ length: 100 }, () => uses.use('a', 7, END))
      assert.equal((await Promise.all(all)).filter(Boolean).length, 7)
    })

    test('drops what has ended, the oldest first and no more than asked for', async () => {
      await using stores = await open()
      const { uses } = stores
      for (const [i, jti] of ['b', 'c', 'a'].entries()) await uses.use(jti, 1, END + i)
      assert.equal(await uses.purge(END, 10), 0)
      assert.equal(await uses.purge(END + 2, 1), 1)
      assert.equal(await uses.use('b', 1, END), true)
      assert.equal(await uses.use('c', 1, END), false)
      assert.equal(await uses.purge(END + 2, 10), 2)
      assert.equal(await uses.use('a', 1, END), false)
    })
  })
}
