import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { StoreUnavailable } from '../errors.ts'
import { sharedLimiter } from './shared.ts'
import type { LimitAsk, LimitStore } from './store.ts'

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** A database on a clock of its own, what it was asked, and nodes whose clocks began at other times. */
function cluster(limit: number, windowSeconds = 60) {
  const windows = new Map<string, { used: number; endsAt: number }>()
  const database = { at: 5_000_000, down: false, asks: [] as LimitAsk[] }
  const store: LimitStore = {
    async take(ask) {
      await turn()
      database.asks.push(ask)
      if (database.down) throw new StoreUnavailable('down')
      const known = windows.get(ask.key)
      const window =
        known !== undefined && known.endsAt > database.at
          ? known
          : { used: 0, endsAt: database.at + ask.windowSeconds * 1000 }
      windows.set(ask.key, window)
      window.used += ask.wanted
      return { used: window.used, endsInMs: window.endsAt - database.at }
    },
  }
  let passed = 0
  return {
    database,
    pass(ms: number) {
      passed += ms
      database.at += ms
    },
    node: (startedAt = 1000) =>
      sharedLimiter('phone', { limit, windowSeconds }, store, () => startedAt + passed),
  }
}

type Node = ReturnType<ReturnType<typeof cluster>['node']>

/** How many of so many requests at once pass, spread over the nodes. */
async function passing(nodes: readonly Node[], requests: number, key = 'a'): Promise<number> {
  const verdicts = await Promise.all(
    Array.from({ length: requests }, (_, i) => (nodes[i % nodes.length] as Node).take(key)),
  )
  return verdicts.filter(({ allowed }) => allowed).length
}

describe('of all nodes together', () => {
  test('exactly the limit passes, and in the next window again', async () => {
    const { node, pass } = cluster(10)
    const nodes = [node(), node(77_000)]
    for (let window = 0; window < 3; window += 1) {
      assert.equal(await passing(nodes, 40), 10)
      pass(59_999)
      assert.equal(await passing(nodes, 40), 0)
      pass(1)
    }
  })

  test('no order of requests lets through more than the limit in a window', async () => {
    const limits = fc.integer({ min: 1, max: 200 })
    const bursts = fc.array(
      fc.record({
        node: fc.nat(2),
        requests: fc.nat(40),
        passed: fc.constantFrom(0, 0, 1, 20_000, 60_000),
      }),
      { maxLength: 30 },
    )
    const holds = fc.asyncProperty(limits, bursts, async (limit, taken) => {
      const { node, pass, database } = cluster(limit)
      const nodes = [node(), node(500), node(1_000_000)]
      let endsAt = 0
      let allowed = 0
      for (const { node, requests, passed } of taken) {
        pass(passed)
        if (requests > 0 && database.at >= endsAt) {
          endsAt = database.at + 60_000
          allowed = 0
        }
        allowed += await passing([nodes[node] as Node], requests)
        assert.ok(allowed <= limit, `${allowed} of ${limit}`)
      }
    })
    await fc.assert(holds)
  })

  test('a limit that can be cut in small pieces is reached exactly by one node alone', async () => {
    const { node } = cluster(1000)
    assert.equal(await passing([node()], 1500), 1000)
  })

  test('each key has a budget of its own', async () => {
    const { node } = cluster(3)
    assert.equal(await passing([node()], 9, 'a'), 3)
    assert.equal(await passing([node()], 9, '__proto__'), 3)
  })
})

describe('the database is asked', () => {
  test('seldom: a node takes a tenth of what is left', async () => {
    const { node, database } = cluster(1000)
    const one = node()
    for (let i = 0; i < 500; i += 1) assert.equal((await one.take('a')).allowed, true)
    assert.deepEqual(
      database.asks.map(({ wanted }) => wanted),
      [100, 90, 81, 72, 65, 59, 53],
    )
  })

  test('not while something is left, nor when all is used up: these verdicts are no promises', async () => {
    const { node, database } = cluster(20)
    const one = node()
    await one.take('a')
    assert.deepEqual(one.take('a'), { allowed: true, remaining: 18, resetSeconds: 60 })
    assert.equal(await passing([one], 30), 18)
    const asked = database.asks.length
    assert.deepEqual(one.take('a'), { allowed: false, remaining: 0, resetSeconds: 60 })
    assert.equal(database.asks.length, asked)
  })

  test('once for all that wait', async () => {
    const { node, database } = cluster(10)
    assert.equal(await passing([node()], 40), 10)
    assert.deepEqual(
      database.asks.map(({ wanted }) => wanted),
      [1, 39],
    )
  })

  test('by a look without taking anything', async () => {
    const { node } = cluster(1)
    const [one, other] = [node(), node()]
    assert.equal((await one.take('a', 0)).allowed, true)
    assert.equal((await other.take('a')).allowed, true)
    assert.equal((await one.take('a')).allowed, false)
    assert.equal((await one.take('a', 0)).allowed, false)
    assert.equal((await node().take('a', 0)).allowed, false)
  })
})

describe('F-08 while the database does not answer', () => {
  test('each node lets through the limit, not more and not nothing', async () => {
    const { node, database, pass } = cluster(10)
    database.down = true
    const nodes = [node(), node(77_000)]
    assert.equal(await passing(nodes, 40), 20)
    pass(60_000)
    assert.equal(await passing(nodes, 40), 20)
  })

  test('what was used before counts, and what is spent meanwhile is owed', async () => {
    const { node, database } = cluster(10)
    const [one, other] = [node(), node()]
    assert.equal(await passing([one], 4), 4)
    database.down = true
    assert.equal(await passing([one], 3), 3)
    database.down = false
    assert.equal(await passing([other], 2), 2)
    assert.equal(await passing([one], 10), 1)
    assert.equal(await passing([other], 10), 0)
  })
})
