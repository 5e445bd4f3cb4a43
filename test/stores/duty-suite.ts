import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { DutyClaim } from '../../packages/server/src/duties.ts'
import type { OpenStores } from './open.ts'

const NOW = 1_800_000_000_000
const MINUTE = 60_000

/** A claim for nine minutes, made `after` so many milliseconds. */
const claimOf = (node: string, after = 0): DutyClaim => ({
  duty: 'purge',
  node,
  claimedAt: NOW + after,
  until: NOW + after + 9 * MINUTE,
})

/** What every DutyStore must do. */
export function dutyStoreSuite(engine: string, open: OpenStores) {
  describe(`DutyStore on ${engine}`, () => {
    test('a duty is of one node at a time, which may go on with it', async () => {
      await using stores = await open()
      const { claim } = stores.duties
      assert.equal(await claim(claimOf('one')), true)
      assert.equal(await claim(claimOf('other', 1)), false)
      assert.equal(await claim(claimOf('one', 8 * MINUTE)), true)
      assert.equal(await claim(claimOf('other', 16 * MINUTE)), false)
    })

    test('another node takes over when the time is over, and then it is its own', async () => {
      await using stores = await open()
      const { claim } = stores.duties
      await claim(claimOf('one'))
      assert.equal(await claim(claimOf('other', 9 * MINUTE - 1)), false)
      assert.equal(await claim(claimOf('other', 9 * MINUTE)), true)
      assert.equal(await claim(claimOf('one', 9 * MINUTE)), false)
    })

    test('exactly one of 50 that claim it at once has it', async () => {
      await using stores = await open()
      const claims = Array.from({ length: 50 }, (_, i) => stores.duties.claim(claimOf(`${i}`)))
      assert.equal((await Promise.all(claims)).filter(Boolean).length, 1)
    })

    test('F-10 clocks that are a little apart change nothing, one that is far ahead holds up nobody', async () => {
      await using stores = await open()
      const { claim } = stores.duties
      assert.equal(await claim(claimOf('ahead', 5_000)), true)
      assert.equal(await claim(claimOf('behind')), false)
      assert.equal(await claim(claimOf('ahead', 60 * MINUTE)), true)
      assert.equal(await claim(claimOf('right', 1)), true)
    })
  })
}
