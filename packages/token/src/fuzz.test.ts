import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { describe, type TestContext, test } from 'node:test'
import { CLAIMS, encode, forge, KEY, OPTIONS, signText } from '../test/forge.ts'
import { type Dice, diceOf, MUTATIONS, mutate } from '../test/mutate.ts'
import { pair } from '../test/pairs.ts'
import { decodeUnverified } from './decode.ts'
import { TOKEN_REASONS, TokenError } from './errors.ts'
import type { Key } from './key.ts'
import { verifyToken } from './verify.ts'

/** Ten million take some minutes of one core: the greater part are HMACs, the quickest to check. */
const RUNS = process.env.JOTTER_TEST_LONG === undefined ? 20_000 : 10_000_000
const PROGRESS = 1_000_000

interface Target {
  readonly keys: readonly Key[]
  readonly tokens: readonly string[]
  /** How many of a thousand runs are for it. */
  readonly weight: number
}

const PAYLOADS = [
  CLAIMS,
  { ...CLAIMS, aud: ['app', 'web'], nbf: CLAIMS.iat, jti: 'a' },
  { ...CLAIMS, sub: 'é😀', deep: { list: [1, [2, { three: null }]] } },
]

const pairTarget = (algs: readonly string[], weight: number): Target => ({
  keys: algs.map((alg) => pair(alg).key),
  tokens: algs.flatMap((alg) => PAYLOADS.map((payload) => pair(alg).forge({ payload }))),
  weight,
})

const TARGETS: readonly Target[] = [
  { keys: [KEY], tokens: PAYLOADS.map((payload) => forge({ payload })), weight: 900 },
  pairTarget(['RS256', 'PS256'], 40),
  pairTarget(['ES256', 'EdDSA'], 30),
  pairTarget(['RS512', 'ES256', 'EdDSA', 'ML-DSA-44'], 29),
  pairTarget(['ES384', 'ES512', 'PS384', 'ML-DSA-87'], 1),
]
const SCHEDULE = TARGETS.flatMap((target) => Array<Target>(target.weight).fill(target))

async function isAccepted(token: string, keys: readonly Key[]): Promise<boolean> {
  try {
    await verifyToken(token, keys, OPTIONS)
    return true
  } catch (error) {
    const isKnown = error instanceof TokenError && Object.hasOwn(TOKEN_REASONS, error.reason)
    assert.ok(isKnown, `${error}: ${JSON.stringify(token)}`)
    return false
  }
}

function decodesOrRefuses(token: string): void {
  try {
    decodeUnverified(token)
  } catch (error) {
    assert.ok(error instanceof TokenError, `${error}: ${JSON.stringify(token)}`)
  }
}

/** Calls `run` so many times, with dice that fall anew each time the tests run. */
async function fuzz(t: TestContext, runs: number, run: (dice: Dice) => Promise<void>) {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  t.after(() => {
    Error.stackTraceLimit = stackTraceLimit
  })
  const seed = Number(process.env.JOTTER_TEST_SEED ?? randomInt(2 ** 32))
  const dice = diceOf(seed)
  const start = performance.now()
  for (let i = 1; i <= runs; i++) {
    await run(dice)
    if (i % PROGRESS === 0) {
      console.log(`${i} of ${runs} after ${Math.round((performance.now() - start) / 1000)} s`)
    }
  }
  t.diagnostic(`${runs} runs, JOTTER_TEST_SEED=${seed}`)
}

describe('Of tokens that are spoilt by chance', () => {
  test('none is accepted, and nothing but a TokenError is thrown', async (t) => {
    const originals = new Set(TARGETS.flatMap(({ tokens }) => tokens))
    await fuzz(t, RUNS, async (dice) => {
      const { keys, tokens } = SCHEDULE[dice(SCHEDULE.length)] as Target
      const token = tokens[dice(tokens.length)] as string
      const other = tokens[dice(tokens.length)] as string
      const spoilt =
        dice(4) === 0
          ? (MUTATIONS['two of these'] as (typeof MUTATIONS)[string])(token, dice, other)
          : mutate(token, dice, other)
      if (await isAccepted(spoilt, keys)) assert.ok(originals.has(spoilt), spoilt)
      if (dice(8) === 0) decodesOrRefuses(spoilt)
    })
  })

  test('those that are signed again are judged, whatever they say', async (t) => {
    const header = encode({ typ: 'JWT', alg: 'HS256' })
    await fuzz(t, RUNS / 10, async (dice) => {
      const token = mutate(`${header}.${encode(PAYLOADS[dice(3)] as object)}.A`, dice, forge())
      const again = signText(token.slice(0, token.lastIndexOf('.')))
      await isAccepted(again, [KEY])
    })
  })
})
