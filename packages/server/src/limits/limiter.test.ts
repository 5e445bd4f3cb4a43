import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { limitHeaders, memoryLimiter } from './limiter.ts'

const THREE_A_MINUTE = { limit: 3, windowSeconds: 60 }

function limiterAt(rate = THREE_A_MINUTE, maxKeys?: number) {
  const clock = { at: 1000 }
  return { clock, limiter: memoryLimiter('address', rate, () => clock.at, maxKeys) }
}

describe('a window', () => {
  test('lets the limit through and refuses from then on', () => {
    const { limiter } = limiterAt()
    const verdicts = Array.from({ length: 5 }, () => limiter.take('a'))
    assert.deepEqual(
      verdicts.map(({ allowed, remaining }) => [allowed, remaining]),
      [
        [true, 2],
        [true, 1],
        [true, 0],
        [false, 0],
        [false, 0],
      ],
    )
  })

  test('belongs to one key', () => {
    const { limiter } = limiterAt()
    for (let i = 0; i < 4; i += 1) limiter.take('a')
    assert.deepEqual(limiter.take('b'), { allowed: true, remaining: 2, resetSeconds: 60 })
  })

  test('says in whole seconds when it ends, rounded up and at least 1', () => {
    const { clock, limiter } = limiterAt()
    const resets = [0, 1, 999, 1000, 58_999, 59_000, 59_001, 59_999].map((passed) => {
      clock.at = 1000 + passed
      return limiter.take('a').resetSeconds
    })
    assert.deepEqual(resets, [60, 60, 60, 59, 2, 1, 1, 1])
  })

  test('ends after exactly its length, and the next one begins with the next request', () => {
    const { clock, limiter } = limiterAt()
    for (let i = 0; i < 3; i += 1) limiter.take('a')
    clock.at += 59_999
    assert.equal(limiter.take('a').allowed, false)
    clock.at += 1
    assert.deepEqual(limiter.take('a'), { allowed: true, remaining: 2, resetSeconds: 60 })
    clock.at += 59_999
    assert.deepEqual(limiter.take('a'), { allowed: true, remaining: 1, resetSeconds: 1 })
  })

  test('is not made longer by refused requests', () => {
    const { clock, limiter } = limiterAt()
    for (let i = 0; i < 60; i += 1) {
      limiter.take('a')
      clock.at += 1000
    }
    assert.equal(limiter.take('a').allowed, true)
  })

  test('is found under any key, whatever it is called', () => {
    const { limiter } = limiterAt()
    for (const key of ['__proto__', 'constructor', 'toString', '']) {
      assert.equal(limiter.take(key).remaining, 2)
      assert.equal(limiter.take(key).remaining, 1)
    }
  })
})

test('any order of requests gets the verdicts of a limiter that remembers everything', () => {
  const requests = fc.array(fc.record({ key: fc.integer({ max: 5 }), passed: fc.nat(30_000) }), {
    maxLength: 200,
  })
  const agrees = fc.property(requests, (taken) => {
    const { clock, limiter } = limiterAt()
    const model = new Map<number, { count: number; endsAt: number }>()
    for (const { key, passed } of taken) {
      clock.at += passed
      let window = model.get(key)
      if (window === undefined || window.endsAt <= clock.at) {
        window = { count: 0, endsAt: clock.at + 60_000 }
        model.set(key, window)
      }
      window.count += 1
      assert.deepEqual(limiter.take(String(key)), {
        allowed: window.count <= 3,
        remaining: Math.max(0, 3 - window.count),
        resetSeconds: Math.ceil((window.endsAt - clock.at) / 1000),
      })
    }
  })
  fc.assert(agrees)
})

describe('what is kept', () => {
  /** How many of `keys` are still counted; asking counts them once more. */
  const counted = (limiter: ReturnType<typeof memoryLimiter>, keys: string[]) =>
    keys.filter((key) => limiter.take(key).remaining < 2).length
  const named = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => `key ${from + i}`)

  test('is at most maxKeys windows: the oldest are forgotten first', () => {
    const { limiter } = limiterAt(THREE_A_MINUTE, 100)
    for (const key of named(0, 250)) limiter.take(key)
    assert.equal(counted(limiter, named(150, 250)), 100)
    assert.equal(counted(limiter, named(0, 150)), 0)
  })

  test('is in the order in which windows end, also of keys that began again', () => {
    const { clock, limiter } = limiterAt(THREE_A_MINUTE, 100)
    for (const key of named(0, 50)) limiter.take(key)
    clock.at += 30_000
    for (const key of named(50, 100)) limiter.take(key)
    clock.at += 30_000
    for (const key of named(0, 50)) limiter.take(key)
    // 50 to 99 end first now.
    for (const key of named(100, 150)) limiter.take(key)
    assert.equal(counted(limiter, named(0, 50)), 50)
    assert.equal(counted(limiter, named(100, 150)), 50)
  })

  test('is nothing of what has ended: there is room for maxKeys new ones', () => {
    const { clock, limiter } = limiterAt(THREE_A_MINUTE, 100)
    for (let round = 0; round < 5; round += 1) {
      for (const key of named(0, 100)) limiter.take(key)
      assert.equal(counted(limiter, named(0, 100)), 100)
      clock.at += 60_000
    }
  })

  test('costs the same for the millionth new key as for the first', () => {
    const { clock, limiter } = limiterAt()
    const flood = (from: number, to: number, msPerKey: number) => {
      const started = performance.now()
      for (let i = from; i < to; i += 1) {
        clock.at += msPerKey
        limiter.take(`key ${i}`)
      }
      return performance.now() - started
    }
    // Full of live windows, then full of windows that end one by one.
    const took = flood(0, 1_000_000, 0) + flood(1_000_000, 1_300_000, 1)
    // 1 us each; walking over what was deleted took 30 to 130 us each.
    assert.ok(took < 13_000, `1.3 million keys took ${took.toFixed()} ms`)
  })
})

test('the header fields are those of draft-ietf-httpapi-ratelimit-headers-10', () => {
  const { limiter } = limiterAt({ limit: 10, windowSeconds: 3600 })
  assert.deepEqual(limitHeaders(limiter, limiter.take('a')), {
    'ratelimit-policy': '"address";q=10;w=3600',
    ratelimit: '"address";r=9;t=3600',
  })
})
