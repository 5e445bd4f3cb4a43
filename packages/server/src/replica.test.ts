import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import pino from 'pino'
import { StoreUnavailable } from './errors.ts'
import { poll, replicaOf } from './replica.ts'

/** A replica of a number that counts the readings; answers come when the test lets them. */
function counting() {
  const clock = { monotonic: 0 }
  const log: string[] = []
  const taken: number[] = []
  const database = { reads: 0, down: false, gate: Promise.resolve() }
  const replica = replicaOf({
    name: 'numbers',
    async fetch() {
      database.reads += 1
      const number = database.reads
      await database.gate
      if (database.down) throw new StoreUnavailable('down')
      return number
    },
    take: (number) => void taken.push(number),
    log: pino({}, { write: (line: string) => void log.push(JSON.parse(line).msg) }),
    monotonic: () => clock.monotonic,
  })
  /** Holds answers back until what it returns is called. */
  function hold() {
    const { promise, resolve } = Promise.withResolvers<void>()
    database.gate = promise
    return resolve
  }
  return { replica, clock, log, taken, database, hold }
}

describe('readings', () => {
  test('that are asked for during one are one more, which begins when that is over', async () => {
    const { replica, taken, hold } = counting()
    const answer = hold()
    const [first, ...others] = [replica.read(), replica.read(), replica.read()]
    answer()
    assert.equal(await first, 1)
    assert.deepEqual(await Promise.all(others), [2, 2])
    assert.deepEqual(taken, [1, 2])
  })

  test('follow one that has failed, too', async () => {
    const { replica, database } = counting()
    database.down = true
    const failed = assert.rejects(replica.read(), StoreUnavailable)
    const after = replica.read()
    await failed
    database.down = false
    assert.equal(await after, 2)
  })

  test('are over when they are settled, also those that have not begun', async () => {
    const { replica, taken, hold } = counting()
    const answer = hold()
    void replica.read()
    void replica.read()
    answer()
    await replica.settled()
    assert.deepEqual(taken, [1, 2])
  })

  test('that fail are logged once, and once when that is over', async () => {
    const { replica, log, database } = counting()
    database.down = true
    for (let i = 0; i < 3; i += 1) await assert.rejects(replica.read(), StoreUnavailable)
    assert.equal(replica.failing, true)
    database.down = false
    for (let i = 0; i < 3; i += 1) await replica.read()
    assert.equal(replica.failing, false)
    assert.deepEqual(log, ['numbers cannot be read', 'numbers are read again'])
  })
})

describe('the age', () => {
  test('is infinite before the first reading', () => {
    assert.equal(counting().replica.ageMs, Number.POSITIVE_INFINITY)
  })

  test('is that of the question, not of the answer', async () => {
    const { replica, clock, hold } = counting()
    const answer = hold()
    const reading = replica.read()
    clock.monotonic += 1_000
    answer()
    await reading
    assert.equal(replica.ageMs, 1_000)
  })

  test('is not changed by a reading that fails', async () => {
    const { replica, clock, taken, database } = counting()
    await replica.read()
    clock.monotonic += 1_000
    database.down = true
    await assert.rejects(replica.read(), StoreUnavailable)
    assert.equal(replica.ageMs, 1_000)
    assert.deepEqual(taken, [1])
  })

  test('makes a reading when it is more than it may be, unless the last one has failed', async () => {
    const { replica, clock, database } = counting()
    await replica.read()
    clock.monotonic += 500
    await replica.readIfOlder(500)
    assert.equal(database.reads, 1)
    clock.monotonic += 1
    await replica.readIfOlder(500)
    assert.equal(database.reads, 2)
    assert.equal(replica.ageMs, 0)
    clock.monotonic += 501
    database.down = true
    await replica.readIfOlder(500)
    await replica.readIfOlder(500)
    assert.equal(database.reads, 3)
  })

  test('waits for a reading that is under way, and makes no other when that fails', async () => {
    const { replica, clock, database, hold } = counting()
    await replica.read()
    clock.monotonic += 501
    const answer = hold()
    const polled = assert.rejects(replica.read(), StoreUnavailable)
    const asked = replica.readIfOlder(500)
    database.down = true
    answer()
    await Promise.all([polled, asked])
    assert.equal(database.reads, 2)
  })
})

describe('turns', () => {
  const stoppedBy = (t: TestContext) => {
    const stop = new AbortController()
    t.after(() => stop.abort())
    return stop
  }

  test('are taken one after the other until they are stopped', async (t) => {
    const stop = stoppedBy(t)
    let [turns, underWay] = [0, 0]
    const turn = async () => {
      underWay += 1
      assert.equal(underWay, 1)
      await new Promise(setImmediate)
      underWay -= 1
      turns += 1
      if (turns === 3) stop.abort()
    }
    await poll(turn, 5, stop.signal)
    assert.equal(turns, 3)
  })

  test('end in the middle of a pause, and without another turn', async (t) => {
    const stop = stoppedBy(t)
    let over = false
    const polling = poll(() => assert.fail('a turn'), 60_000, stop.signal)
    void polling.then(() => {
      over = true
    })
    stop.abort()
    await new Promise(setImmediate)
    assert.ok(over)
  })
})
