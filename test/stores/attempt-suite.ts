import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { AttemptStore } from '../../packages/server/src/passwords/attempts.ts'
import { LONGEST_MS, type OpenStores, RUNS } from './open.ts'
import { DAY, HUNDRED, MINUTE, NOW } from './sessions/examples.ts'

const POLICY = { free: 3, firstDelayMs: 1000, maxDelayMs: 5000, windowMs: MINUTE }

/** What every AttemptStore must do. `open` gives empty stores; the suite closes them. */
export function attemptStoreSuite(engine: string, open: OpenStores) {
  async function started() {
    const stores = await open()
    const clock = { at: NOW }
    const monotonic = { at: 1000 }
    const attempts = stores.attempts({ now: () => clock.at, monotonic: () => monotonic.at })
    return {
      attempts,
      take: (key = 'key') => attempts.take(key, POLICY),
      pass(ms: number) {
        clock.at += ms
        monotonic.at += ms
      },
      setClock(ms: number) {
        clock.at += ms
      },
      now: () => clock.at,
      [Symbol.asyncDispose]: () => stores[Symbol.asyncDispose](),
    }
  }

  describe(`AttemptStore on ${engine}`, { concurrency: 4 }, () => {
    countSuite(started)
    modelSuite(started)
    clockSuite(started)
    rememberSuite(started)
    // One that is bounded by itself drops nothing.
    purgeSuite(started, engine === 'memory')
  })
}

interface Started extends AsyncDisposable {
  attempts: AttemptStore
  take(key?: string): Promise<number>
  /** Lets time pass. */
  pass(ms: number): void
  /** Sets the clock that may be set. */
  setClock(ms: number): void
  now(): number
}

type Start = () => Promise<Started>

function countSuite(started: Start) {
  test('a key has its free attempts, then a delay that doubles up to the longest', async () => {
    await using store = await started()
    const waits = []
    for (let i = 0; i < 12; i += 1) {
      const wait = await store.take()
      waits.push(wait)
      store.pass(wait)
    }
    assert.deepEqual(waits, [0, 0, 0, 1000, 0, 2000, 0, 4000, 0, 5000, 0, 5000])
  })

  test('the delay stays the longest, however often somebody tries', async () => {
    await using store = await started()
    const day = { ...POLICY, windowMs: 10 * DAY }
    for (let i = 0; i < 120; i += 1) {
      store.pass(await store.attempts.take('key', day))
      await store.attempts.take('key', day)
    }
    assert.equal(await store.attempts.take('key', day), 5000)
  })

  test('keys have nothing to do with each other', async () => {
    await using store = await started()
    for (let i = 0; i < 4; i += 1) await store.take('a')
    assert.equal(await store.take('b'), 0)
    await store.attempts.reset('b')
    assert.equal(await store.take('a'), 1000)
  })

  test('of a hundred at once no more are let through than one after the other', async () => {
    await using store = await started()
    const waits = await Promise.all(HUNDRED.map(() => store.take()))
    assert.deepEqual(waits.filter((wait) => wait === 0).length, 3)
    assert.ok(waits.every((wait) => wait === 0 || wait === 1000))
  })

  test('what is given back is as if it had not been', async () => {
    await using store = await started()
    for (let i = 0; i < 20; i += 1) {
      assert.equal(await store.take(), 0)
      await store.attempts.giveBack('key')
    }
    await store.attempts.giveBack('nobody')
    for (let i = 0; i < 3; i += 1) assert.equal(await store.take(), 0)
    assert.equal(await store.take(), 1000)
  })
}

function modelSuite(started: Start) {
  test('all of it agrees with a model', async () => {
    const policy = { free: 3, firstDelayMs: 10, maxDelayMs: 50, windowMs: 500 }
    await using store = await started()
    const { attempts } = store
    const step = fc.record({
      key: fc.constantFrom('a', 'b'),
      verb: fc.constantFrom('take', 'take', 'take', 'giveBack', 'reset'),
      passed: fc.nat(60),
    })
    let run = 0
    const agrees = fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      run += 1
      const model = new Map<string, { since: number; count: number; openAt: number }>()
      for (const { key, verb, passed } of steps) {
        store.pass(passed)
        const at = store.now()
        const kept = `${run} ${key}`
        const known = model.get(key)
        if (known !== undefined && at >= known.since + 500) model.delete(key)
        const now = model.get(key) ?? { since: at, count: 0, openAt: 0 }
        if (verb === 'take') {
          const wait = Math.max(0, now.openAt - at)
          assert.equal(await attempts.take(kept, policy), wait)
          if (wait > 0) continue
          const count = now.count + 1
          const delay = count < 3 ? 0 : Math.min(50, 10 * 2 ** (count - 3))
          model.set(key, { since: now.since, count, openAt: at + delay })
        } else if (verb === 'reset' || now.count <= 1) {
          await attempts[verb](kept)
          model.delete(key)
        } else {
          await attempts.giveBack(kept)
          model.set(key, { since: now.since, count: now.count - 1, openAt: at })
        }
      }
    })
    await fc.assert(agrees, { numRuns: 20 * RUNS, interruptAfterTimeLimit: LONGEST_MS })
  })
}

function clockSuite(started: Start) {
  test('F-10 a clock that is set back closes no key for much longer than the longest delay', async () => {
    for (const back of [30_000, MINUTE, 10 * MINUTE, 400 * DAY]) {
      await using store = await started()
      for (let i = 0; i < 7; i += 1) store.pass(await store.take())
      store.setClock(-back)
      const wait = await store.take()
      assert.ok(wait <= POLICY.maxDelayMs + MINUTE, `${wait} ms after ${back} ms back`)
      store.pass(wait)
      assert.equal(await store.take(), 0)
    }
  })

  test('F-10 a clock that is set back forgets all the same', async () => {
    await using store = await started()
    for (let i = 0; i < 7; i += 1) store.pass(await store.take())
    store.setClock(-400 * DAY)
    await store.take()
    store.pass(POLICY.windowMs)
    for (let i = 0; i < 3; i += 1) assert.equal(await store.take(), 0)
    assert.ok((await store.take()) > 0)
  })
}

function rememberSuite(started: Start) {
  test('an address is known for thirty days after it was used last', async () => {
    await using store = await started()
    const { attempts } = store
    assert.equal(await attempts.remembers('key'), false)
    await attempts.remember('key')
    store.pass(20 * DAY)
    await attempts.remember('key')
    store.pass(30 * DAY - 1)
    assert.equal(await attempts.remembers('key'), true)
    assert.equal(await attempts.remembers('Key'), false)
    store.pass(1)
    assert.equal(await attempts.remembers('key'), false)
  })
}

function purgeSuite(started: Start, isBounded: boolean) {
  test('what is forgotten can be dropped, and nothing else', async () => {
    await using store = await started()
    const { attempts } = store
    const purge = (limit: number) => attempts.purge(store.now(), limit)
    for (let i = 0; i < 4; i += 1) await store.take('young')
    await attempts.remember('young')
    assert.equal(await purge(10), 0)
    await Promise.all(HUNDRED.map((i) => attempts.take(`old ${i}`, { ...POLICY, windowMs: 0 })))
    store.pass(1)
    const dropped = [await purge(40), await purge(40), await purge(40), await purge(40)]
    assert.deepEqual(dropped, isBounded ? [0, 0, 0, 0] : [40, 40, 20, 0])
    assert.equal(await store.take('young'), 999)
    store.pass(31 * DAY)
    // One of the attempts, one of the addresses.
    assert.equal(await purge(10), isBounded ? 0 : 2)
    assert.equal(await attempts.remembers('young'), false)
  })
}
