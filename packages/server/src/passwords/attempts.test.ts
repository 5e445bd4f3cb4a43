import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ServiceError } from '../errors.ts'
import { memoryAttempts } from '../stores/memory/attempts.ts'
import { attemptLimits } from './attempts.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

const HERE = { account: 'michael', address: '192.0.2.1' }

/** Attempts of which the password is never looked at: `true` is the right one. */
function start(maxKeys?: number) {
  const clock = { at: 1000 }
  const monotonic = () => clock.at
  const limits = attemptLimits({ store: memoryAttempts(monotonic, maxKeys), monotonic })
  /** `in`, `wrong`, or the seconds to wait. */
  async function attempt(right: boolean, who: Partial<typeof HERE> = {}) {
    try {
      return (await limits.attempt({ ...HERE, ...who }, async () => right)) ? 'in' : 'wrong'
    } catch (error) {
      assert.ok(error instanceof ServiceError && error.code === 'rate_limited', String(error))
      assert.equal(error.status, 429)
      return Number(error.headers['retry-after'])
    }
  }
  const guess = (who?: Partial<typeof HERE>) => attempt(false, who)
  const logIn = (who?: Partial<typeof HERE>) => attempt(true, who)
  async function guesses(count: number, who?: Partial<typeof HERE>) {
    const answers = []
    for (let i = 0; i < count; i += 1) answers.push(await guess(who))
    return answers
  }
  return { clock, limits, guess, logIn, guesses }
}

const addresses = (count: number) =>
  Array.from({ length: count }, (_, i) => `198.51.${i >> 8}.${i & 255}`)

describe('D-06 one account', () => {
  test('has five guesses, then a delay that doubles up to a quarter of an hour', async () => {
    const { clock, guess, guesses } = start()
    assert.deepEqual(await guesses(6), ['wrong', 'wrong', 'wrong', 'wrong', 'wrong', 1])
    const delays = []
    for (let i = 0; i < 12; i += 1) {
      const seconds = await guess()
      assert.ok(typeof seconds === 'number')
      delays.push(seconds)
      clock.at += seconds * 1000
      assert.equal(await guess(), 'wrong')
    }
    assert.deepEqual(delays, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900])
  })

  test('is open again at the end of the delay and not before, with the right password too', async () => {
    const { clock, logIn, guesses } = start()
    await guesses(5)
    clock.at += 999
    assert.equal(await logIn(), 1)
    clock.at += 1
    assert.equal(await logIn(), 'in')
  })

  test('is not closed any longer by attempts that are refused', async () => {
    const { clock, guess, logIn, guesses } = start()
    await guesses(5)
    for (let i = 0; i < 100; i += 1) {
      assert.equal(await guess(), 1)
      clock.at += 10
    }
    assert.equal(await logIn(), 'in')
  })

  test('has all guesses again after the right password', async () => {
    const { guesses, logIn } = start()
    for (let i = 0; i < 10; i += 1) {
      assert.deepEqual(await guesses(4), ['wrong', 'wrong', 'wrong', 'wrong'])
      assert.equal(await logIn(), 'in')
    }
  })

  test('has all guesses again a day after the first', async () => {
    const { clock, guesses } = start()
    await guesses(5)
    clock.at += 24 * HOUR
    assert.deepEqual(await guesses(6), ['wrong', 'wrong', 'wrong', 'wrong', 'wrong', 1])
  })

  test('is guessed at some 110 times a day, from however many addresses', async () => {
    const { clock, guess } = start()
    const from = addresses(1000)
    let tested = 0
    for (let i = 0; clock.at < 24 * HOUR; i += 1) {
      const answer = await guess({ address: from[i % 1000] as string })
      if (answer === 'wrong') tested += 1
      else clock.at += Number(answer) * 1000
    }
    assert.equal(tested, 109)
  })

  test('is answered alike whether there is such an account or not', async () => {
    const { guesses } = start()
    // Nothing here knows accounts: a name is counted as it is given, whatever it is.
    const answers = await Promise.all(
      ['michael', 'nobody', '', '__proto__', 'a'.repeat(10_000), '\ud800'].map((account, i) =>
        guesses(7, { account, address: `192.0.2.${i}` }),
      ),
    )
    for (const other of answers) assert.deepEqual(other, answers[0])
  })
})

describe('D-06 the owner of an account under attack', () => {
  test('gets in from where they were before, while others are refused', async () => {
    const { clock, guess, logIn } = start()
    assert.equal(await logIn(), 'in')
    for (let i = 0; i < 2000; i += 1) {
      await guess({ address: addresses(2000)[i] as string })
      clock.at += 100
    }
    assert.equal(typeof (await guess({ address: '203.0.113.1' })), 'number')
    assert.equal(await logIn(), 'in')
    assert.equal(await logIn(), 'in')
    // And that has not opened it for the others.
    assert.equal(typeof (await guess({ address: '203.0.113.1' })), 'number')
  })

  test('gets in from where they registered', async () => {
    const { limits, logIn, guesses } = start()
    await limits.entered(HERE)
    await guesses(5, { address: '203.0.113.1' })
    assert.equal(typeof (await logIn({ address: '203.0.113.2' })), 'number')
    assert.equal(await logIn(), 'in')
  })

  test('is slowed down there as everywhere: a known address guesses no faster', async () => {
    const { logIn, guesses } = start()
    await logIn()
    assert.deepEqual((await guesses(6)).at(-1), 1)
  })

  test('is a stranger there after thirty days', async () => {
    const { clock, logIn, guesses } = start()
    await logIn()
    clock.at += 30 * 24 * HOUR
    await guesses(5, { address: '203.0.113.1' })
    assert.equal(await logIn(), 1)
  })
})

describe('D-06 one address', () => {
  const accounts = (count: number) => Array.from({ length: count }, (_, i) => `user ${i}`)

  test('has a hundred guesses an hour at all accounts together, then one a minute at most', async () => {
    const { clock, guess } = start()
    let tested = 0
    for (let i = 0; clock.at < HOUR; i += 1) {
      const answer = await guess({ account: `user ${i}` })
      if (answer === 'wrong') tested += 1
      else clock.at += Number(answer) * 1000
    }
    assert.ok(tested > 150 && tested < 170, `${tested}`)
  })

  test('is a /64 of IPv6', async () => {
    const { guess } = start()
    for (const [i, account] of accounts(100).entries()) {
      assert.equal(await guess({ account, address: `2001:db8::${i.toString(16)}` }), 'wrong')
    }
    assert.equal(await guess({ account: 'one more', address: '2001:db8::ffff' }), 1)
    assert.equal(await guess({ account: 'one more', address: '2001:db8:0:1::1' }), 'wrong')
  })

  test('is not slowed down by right passwords, and not cleared by them', async () => {
    const { clock, guess, logIn } = start()
    for (const account of accounts(500)) assert.equal(await logIn({ account }), 'in')
    for (const account of accounts(100)) {
      assert.equal(await logIn({ account: 'my own' }), 'in')
      assert.equal(await guess({ account }), 'wrong')
    }
    assert.equal(await logIn({ account: 'my own' }), 1)
    clock.at += 1000
    // One's own password leaves the address open for one guess, which closes it for twice as long.
    assert.equal(await logIn({ account: 'my own' }), 'in')
    assert.equal(await guess(), 'wrong')
    assert.equal(await guess(), 2)
  })

  test('is not charged for an account that is closed', async () => {
    const { guess, guesses } = start()
    await guesses(5)
    await guesses(1000)
    assert.equal(await guess({ account: 'another' }), 'wrong')
  })
})

describe('many at once', () => {
  const settled = () => new Promise((resolve) => setImmediate(resolve))

  test('with the right password all get in', async () => {
    const { logIn } = start()
    const answers = await Promise.all(Array.from({ length: 100 }, () => logIn()))
    assert.deepEqual(new Set(answers), new Set(['in']))
  })

  test('with a wrong one get no more guesses than one after the other', async () => {
    const { limits } = start()
    let looked = 0
    const slow = async () => {
      looked += 1
      await settled()
      return false
    }
    const answers = await Promise.allSettled(
      Array.from({ length: 100 }, (_, i) =>
        limits.attempt({ ...HERE, address: `192.0.2.${i}` }, slow),
      ),
    )
    assert.equal(looked, 5)
    assert.equal(answers.filter(({ status }) => status === 'fulfilled').length, 5)
  })

  test('beyond a bound are told that it is busy', async () => {
    const { limits } = start()
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const waiting = Array.from({ length: 105 }, () => limits.attempt(HERE, () => promise))
    await settled()
    await assert.rejects(
      limits.attempt(HERE, () => promise),
      { code: 'busy' },
    )
    resolve(true)
    assert.ok((await Promise.all(waiting)).every(Boolean))
  })
})

test('what could not be checked counts neither for the account nor for the address', async () => {
  const { limits, guesses } = start()
  const busy = async () => {
    throw new ServiceError('busy')
  }
  for (let i = 0; i < 200; i += 1) {
    await assert.rejects(limits.attempt(HERE, busy), { code: 'busy' })
  }
  assert.deepEqual((await guesses(6)).at(-1), 1)
})

describe('what is kept in memory', () => {
  test('is bounded: names that nobody has are forgotten, the last half of them never', async () => {
    const at = 0
    const store = memoryAttempts(() => at, 100)
    const policy = { free: 1, firstDelayMs: 1000, maxDelayMs: 1000, windowMs: HOUR }
    for (let i = 0; i < 1000; i += 1) assert.equal(await store.take(`key ${i}`, policy), 0)
    const counted = async (from: number, to: number) => {
      let count = 0
      for (let i = from; i < to; i += 1) {
        if ((await store.take(`key ${i}`, policy)) > 0) count += 1
      }
      return count
    }
    assert.equal(await counted(950, 1000), 50)
    assert.equal(await counted(0, 900), 0)
  })

  test('costs the same for the millionth name as for the first', async () => {
    const store = memoryAttempts(() => 0)
    const policy = { free: 5, firstDelayMs: 1000, maxDelayMs: 1000, windowMs: HOUR }
    const startedAt = performance.now()
    for (let i = 0; i < 500_000; i += 1) await store.take(`key ${i}`, policy)
    const took = performance.now() - startedAt
    assert.ok(took < 8000, `500,000 names took ${took.toFixed()} ms`)
  })
})
