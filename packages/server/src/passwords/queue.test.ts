import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { ServiceError } from '../errors.ts'
import { boundedQueue } from './queue.ts'

/** A queue whose work ends when told to. */
function queueOf(limits: { inFlight: number; waiting: number }) {
  const clock = { at: 0 }
  const { run } = boundedQueue(limits, () => clock.at)
  const begun: string[] = []
  const work = (name: string) => {
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    const answer = run(() => {
      begun.push(name)
      return promise
    })
    // Whoever looks at it later still finds it rejected.
    answer.catch(() => undefined)
    return { answer, end: () => resolve(name), fail: () => reject(new Error(name)) }
  }
  return { clock, begun, work }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('the queue', () => {
  test('runs so many at a time, in the order they came', async () => {
    const { begun, work } = queueOf({ inFlight: 2, waiting: 3 })
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(work)
    assert.deepEqual(begun, ['a', 'b'])
    b?.end()
    await settled()
    assert.deepEqual(begun, ['a', 'b', 'c'])
    a?.end()
    c?.end()
    await settled()
    assert.deepEqual(begun, ['a', 'b', 'c', 'd'])
    d?.end()
    assert.equal(await d?.answer, 'd')
  })

  test('D-05 refuses at once what finds no place, and says when to come back', async () => {
    const { clock, begun, work } = queueOf({ inFlight: 1, waiting: 2 })
    const first = work('first')
    clock.at += 1500
    first.end()
    await first.answer
    for (const name of ['a', 'b', 'c']) work(name)
    await assert.rejects(work('d').answer, {
      code: 'busy',
      status: 503,
      // 1.5 s for each of the two in line and for itself.
      headers: { 'retry-after': '5' },
    })
    assert.deepEqual(begun, ['first', 'a'])
  })

  test('refuses who would wait longer than ten seconds, though there is a place', async () => {
    const { clock, work } = queueOf({ inFlight: 1, waiting: 100 })
    const first = work('first')
    clock.at += 3000
    first.end()
    await first.answer
    for (const name of ['a', 'b', 'c', 'd']) work(name)
    await assert.rejects(work('e').answer, { code: 'busy', headers: { 'retry-after': '12' } })
  })

  test('refuses who has waited that long because work takes longer than it used to', async () => {
    const { clock, begun, work } = queueOf({ inFlight: 1, waiting: 100 })
    const [a, b, c] = ['a', 'b', 'c'].map(work)
    clock.at += 10_001
    const d = work('d')
    a?.end()
    await assert.rejects(b?.answer as Promise<string>, { code: 'busy' })
    await assert.rejects(c?.answer as Promise<string>, { code: 'busy' })
    assert.deepEqual(begun, ['a', 'd'])
    d.end()
    assert.equal(await d.answer, 'd')
  })

  test('goes on after work that failed', async () => {
    const { begun, work } = queueOf({ inFlight: 1, waiting: 1 })
    const a = work('a')
    const b = work('b')
    a.fail()
    await assert.rejects(a.answer, /a/)
    assert.deepEqual(begun, ['a', 'b'])
    b.end()
    await b.answer
    const c = work('c')
    assert.deepEqual(begun, ['a', 'b', 'c'])
    c.end()
    assert.equal(await c.answer, 'c')
  })

  test('never runs more than it may, answers everybody, and is empty in the end', async () => {
    const step = fc.record({ takes: fc.nat(3), pause: fc.nat(3) })
    const bounded = fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.nat(6),
      fc.array(step, { maxLength: 40 }),
      async (inFlight, waiting, steps) => {
        const { run } = boundedQueue({ inFlight, waiting }, () => 0)
        let running = 0
        let refused = 0
        const once = (turns: number) =>
          run(async () => {
            running += 1
            assert.ok(running <= inFlight)
            for (let i = 0; i < turns; i += 1) await settled()
            running -= 1
          }).catch((error: ServiceError) => {
            assert.equal(error.code, 'busy')
            refused += 1
          })
        const answers = []
        for (const { takes, pause } of steps) {
          answers.push(once(takes))
          for (let i = 0; i < pause; i += 1) await settled()
        }
        await Promise.all(answers)
        assert.equal(running, 0)
        refused = 0
        await Promise.all(Array.from({ length: inFlight + waiting + 5 }, () => once(1)))
        assert.equal(refused, 5)
      },
    )
    await fc.assert(bounded, { numRuns: 100 })
  })
})
