import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { StoreUnavailable } from '../../errors.ts'
import { groupCommit } from './group-commit.ts'

const LIMITS = { maxWaiting: 1000, maxBatch: 100, timeoutMs: 5000 }
const UNAVAILABLE = { name: 'StoreUnavailable' }

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))
const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, i) => from + i)

/** A group commit whose disk answers when the test says so: each write changes ten times itself. */
function onHand(limits: Partial<typeof LIMITS & { maxInFlight: number; patienceMs: number }> = {}) {
  const commits: { batch: number[]; answer(): void; fail(reason: unknown): void }[] = []
  const group = groupCommit<number>(
    (batch) =>
      new Promise((resolve, reject) => {
        commits.push({ batch, answer: () => resolve(batch.map((n) => n * 10)), fail: reject })
      }),
    { ...LIMITS, ...limits },
  )
  return {
    ...group,
    batches: () => commits.map(({ batch }) => batch),
    /** Answers the commits in the order in which they came, until there are none. */
    async answerAll() {
      for (let i = 0; i < commits.length; i += 1) {
        commits[i]?.answer()
        await turn()
      }
    },
    commit(i: number) {
      const commit = commits[i]
      assert.ok(commit !== undefined, `no commit ${i}`)
      return commit
    },
  }
}

/** Adds the writes, and remembers how each of them ended. */
function addAll({ add }: { add(write: number): Promise<number> }, writes: readonly number[]) {
  const ends = new Map<number, number | Error>()
  for (const write of writes) {
    add(write).then(
      (changed) => ends.set(write, changed),
      (reason) => ends.set(write, reason),
    )
  }
  return ends
}

const changedBy = (writes: readonly number[]) => new Map(writes.map((n) => [n, n * 10]))

describe('batches', () => {
  test('what is added in one turn is one commit, in its order, each with its own answer', async () => {
    const group = onHand()
    const ends = addAll(group, [1, 2, 3])
    assert.deepEqual(group.batches(), [])
    await turn()
    assert.deepEqual(group.batches(), [[1, 2, 3]])
    assert.equal(ends.size, 0)
    await group.answerAll()
    assert.deepEqual(ends, changedBy([1, 2, 3]))
  })

  test('what arrives while a commit is in flight is the next one', async () => {
    const group = onHand()
    addAll(group, [1])
    await turn()
    for (const write of [2, 3, 4]) {
      addAll(group, [write])
      await turn()
    }
    assert.deepEqual(group.batches(), [[1]])
    group.commit(0).answer()
    await turn()
    assert.deepEqual(group.batches(), [[1], [2, 3, 4]])
  })

  test('are no larger than maxBatch, and nothing is lost or overtaken', async () => {
    const group = onHand({ maxBatch: 10 })
    const writes = numbers(95)
    const ends = addAll(group, writes)
    await turn()
    await group.answerAll()
    assert.deepEqual(group.batches().flat(), writes)
    assert.ok(group.batches().every((batch) => batch.length <= 10))
    assert.deepEqual(ends, changedBy(writes))
  })

  test('are answered in the order in which they were sent', async () => {
    const group = onHand()
    const ends = addAll(group, numbers(12))
    await turn()
    await group.answerAll()
    assert.deepEqual([...ends.keys()], numbers(12))
  })

  test('grow as large as the disk is slow', async () => {
    const group = onHand()
    const writes = numbers(60)
    const ends = addAll(group, [])
    for (const write of writes) {
      group.add(write).then((changed) => ends.set(write, changed))
      await turn()
      if (write % 20 === 19) group.commit(group.batches().length - 1).answer()
    }
    await turn()
    await group.answerAll()
    assert.deepEqual(
      group.batches().map(({ length }) => length),
      [1, 20, 20, 19],
    )
    assert.deepEqual(ends, changedBy(writes))
  })
})

describe('a commit that fails', () => {
  test('is the failure of all its writes, and of no others', async () => {
    const group = onHand()
    const first = addAll(group, [1, 2])
    await turn()
    const second = addAll(group, [3])
    const reason = new Error('disk full')
    group.commit(0).fail(reason)
    await turn()
    assert.deepEqual([...first.values()], [reason, reason])
    group.commit(1).answer()
    await turn()
    assert.deepEqual(second, changedBy([3]))
  })

  test('does not stop what comes after it', async () => {
    const group = onHand()
    for (let i = 0; i < 5; i += 1) {
      const ends = addAll(group, [i])
      await turn()
      group.commit(i).fail(new Error('locked'))
      await turn()
      assert.ok(ends.get(i) instanceof Error)
    }
    const ends = addAll(group, [9])
    await turn()
    group.commit(5).answer()
    await turn()
    assert.deepEqual(ends, changedBy([9]))
  })
})

describe('more writes than may wait', () => {
  test('are refused at once, and those that wait are kept', async () => {
    const group = onHand({ maxWaiting: 5 })
    const first = addAll(group, [1])
    await turn()
    const waiting = addAll(group, [2, 3, 4, 5, 6])
    await assert.rejects(group.add(7), UNAVAILABLE)
    await group.answerAll()
    assert.deepEqual(first, changedBy([1]))
    assert.deepEqual(waiting, changedBy([2, 3, 4, 5, 6]))
    assert.deepEqual(group.batches(), [[1], [2, 3, 4, 5, 6]])
  })

  test('are taken again when there is room', async () => {
    const group = onHand({ maxWaiting: 2 })
    addAll(group, [1, 2])
    await assert.rejects(group.add(3), UNAVAILABLE)
    await turn()
    const ends = addAll(group, [4, 5])
    await group.answerAll()
    assert.deepEqual(ends, changedBy([4, 5]))
  })
})

describe('F-04 a disk that does not answer', () => {
  function slowDisk(t: TestContext, limits: Partial<typeof LIMITS> = {}) {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    return onHand(limits)
  }

  test('makes nobody wait longer than timeoutMs, neither in the commit nor behind it', async (t) => {
    const group = slowDisk(t)
    const sent = addAll(group, [1, 2])
    await turn()
    const waiting = addAll(group, [3])
    t.mock.timers.tick(4900)
    await turn()
    assert.equal(sent.size + waiting.size, 0)
    t.mock.timers.tick(100)
    await turn()
    for (const end of [...sent.values(), ...waiting.values()]) {
      assert.equal((end as Error).name, 'StoreUnavailable')
    }
    assert.equal(sent.size + waiting.size, 3)
  })

  test('makes nobody wait longer who has waited for another commit before', async () => {
    const group = onHand({ timeoutMs: 300 })
    addAll(group, [1])
    await turn()
    const second = addAll(group, [2])
    await sleep(200)
    group.commit(0).answer()
    await sleep(150)
    assert.ok(second.get(2) instanceof Error)
  })

  test('is not asked for more until it answers, and then all is well', async (t) => {
    const group = slowDisk(t)
    const sent = addAll(group, [1])
    await turn()
    t.mock.timers.tick(5000)
    await assert.rejects(group.add(2), UNAVAILABLE)
    await turn()
    assert.deepEqual(group.batches(), [[1]])

    group.commit(0).answer()
    await turn()
    assert.ok(sent.get(1) instanceof Error, 'an answer came twice')
    const ends = addAll(group, [3])
    await turn()
    group.commit(1).answer()
    await turn()
    assert.deepEqual(ends, changedBy([3]))
  })

  test('may also fail late', async (t) => {
    const group = slowDisk(t)
    addAll(group, [1])
    await turn()
    t.mock.timers.tick(5000)
    group.commit(0).fail(new Error('gone'))
    await turn()
    const ends = addAll(group, [2])
    await turn()
    group.commit(1).answer()
    await turn()
    assert.deepEqual(ends, changedBy([2]))
  })

  test('leaves no timer behind when it answers in time', async (t) => {
    const group = slowDisk(t)
    addAll(group, [1])
    await turn()
    await group.answerAll()
    t.mock.timers.tick(5000)
    const ends = addAll(group, [2])
    await turn()
    await group.answerAll()
    assert.deepEqual(ends, changedBy([2]))
  })
})

describe('two commits at once', () => {
  test('are under way together, and what arrives meanwhile is the next of whichever is free', async () => {
    const group = onHand({ maxInFlight: 2 })
    const ends = addAll(group, [1, 2])
    await turn()
    addAll(group, [3])
    await turn()
    addAll(group, [4, 5])
    await turn()
    assert.deepEqual(group.batches(), [[1, 2], [3]])
    group.commit(1).answer()
    await turn()
    assert.deepEqual(group.batches(), [[1, 2], [3], [4, 5]])
    assert.equal(ends.size, 0)
    group.commit(0).answer()
    await turn()
    assert.deepEqual(ends, changedBy([1, 2]))
  })

  test('share what is more than one batch may hold', async () => {
    const group = onHand({ maxInFlight: 2, maxBatch: 2 })
    addAll(group, [1, 2, 3, 4, 5])
    await turn()
    assert.deepEqual(group.batches(), [
      [1, 2],
      [3, 4],
    ])
  })

  test('are under way together only when the first is slow, where they are to have patience', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const group = onHand({ maxInFlight: 2, patienceMs: 5 })
    addAll(group, [1])
    await turn()
    addAll(group, [2, 3])
    await turn()
    t.mock.timers.tick(4)
    assert.deepEqual(group.batches(), [[1]])
    t.mock.timers.tick(1)
    assert.deepEqual(group.batches(), [[1], [2, 3]])

    addAll(group, [4])
    group.commit(0).answer()
    await turn()
    // What is left under way is quick so far.
    assert.deepEqual(group.batches(), [[1], [2, 3]])
    group.commit(1).answer()
    await turn()
    assert.deepEqual(group.batches(), [[1], [2, 3], [4]])
  })

  test('are under way together beside a quick one, when no more would fit into one', async () => {
    const group = onHand({ maxInFlight: 2, maxBatch: 3, patienceMs: 60_000 })
    addAll(group, [1])
    await turn()
    addAll(group, [2, 3])
    await turn()
    assert.deepEqual(group.batches(), [[1]])
    addAll(group, [4, 5])
    await turn()
    assert.deepEqual(group.batches(), [[1], [2, 3, 4]])
    await group.answerAll()
    assert.deepEqual(group.batches(), [[1], [2, 3, 4], [5]])
  })

  test('do not wait for one that is late; when both are, nobody waits', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const group = onHand({ maxInFlight: 2 })
    addAll(group, [1])
    await turn()
    t.mock.timers.tick(5000)
    const ends = addAll(group, [2])
    await turn()
    group.commit(1).answer()
    await turn()
    assert.deepEqual(ends, changedBy([2]))

    const late = addAll(group, [3])
    await turn()
    const waiting = addAll(group, [4])
    t.mock.timers.tick(5000)
    await turn()
    for (const end of [late.get(3), waiting.get(4)]) {
      assert.equal((end as Error).name, 'StoreUnavailable')
    }
    await assert.rejects(group.add(5), UNAVAILABLE)
    group.commit(0).answer()
    await turn()
    const again = addAll(group, [6])
    await turn()
    group.commit(3).answer()
    await turn()
    assert.deepEqual(again, changedBy([6]))
  })
})

test('a write may fail alone', async () => {
  const alone = new StoreUnavailable('this one only')
  const { add } = groupCommit<number>(
    async (batch) => batch.map((n) => (n === 2 ? alone : n * 10)),
    LIMITS,
  )
  const ends = addAll({ add }, [1, 2, 3])
  await turn()
  assert.deepEqual([ends.get(1), ends.get(2), ends.get(3)], [10, alone, 30])
})

describe('drained', () => {
  test('fulfils at once when there is nothing', async () => {
    await onHand().drained()
  })

  test('fulfils when everything that was added has been answered, by success or failure', async () => {
    const group = onHand({ maxBatch: 3 })
    const ends = addAll(group, numbers(8))
    let drained = 0
    const all = [group.drained(), group.drained()].map((one) =>
      one.then(() => {
        assert.equal(ends.size, 8)
        drained += 1
      }),
    )
    await turn()
    for (let i = 0; i < group.batches().length; i += 1) {
      assert.equal(drained, 0)
      if (i === 1) group.commit(i).fail(new Error('locked'))
      else group.commit(i).answer()
      await turn()
    }
    await Promise.all(all)
    assert.equal(drained, 2)
  })

  test('can be asked again', async () => {
    const group = onHand()
    for (const write of [1, 2]) {
      const ends = addAll(group, [write])
      const drained = group.drained()
      await turn()
      await group.answerAll()
      await drained
      assert.deepEqual(ends, changedBy([write]))
    }
  })
})
