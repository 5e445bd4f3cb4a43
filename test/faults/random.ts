import type { TestContext } from 'node:test'

/** Numbers from 0 to 1 that the same seed gives again (Mulberry32). */
export function seededRandom(t: TestContext): () => number {
  const seed = Number(process.env.JOTTER_TEST_SEED ?? Math.floor(Math.random() * 2 ** 32))
  t.diagnostic(`JOTTER_TEST_SEED=${seed}`)
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
