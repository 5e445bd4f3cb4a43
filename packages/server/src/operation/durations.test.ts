import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Histogram, Registry } from '@prometheus-io/client'
import fc from 'fast-check'
import { durations } from './durations.ts'

const NAME = 'test_seconds'
const help = 'Time.'
const bounds = [0.001, 0.01, 0.1, 1]

const answers = fc.array(
  fc.record({
    route: fc.constantFrom('/a', '/b/:c', 'none'),
    method: fc.constantFrom('GET', 'POST'),
    status: fc.constantFrom(200, 404, 503),
    seconds: fc.oneof(fc.constantFrom(...bounds, 0, 2), fc.double({ min: 0, max: 3, noNaN: true })),
  }),
  { maxLength: 50 },
)

test('prints what the histogram of the library prints, whatever is observed', async () => {
  const agrees = fc.asyncProperty(answers, async (seen) => {
    const [ours, theirs] = [new Registry(), new Registry()]
    const observe = durations({ name: NAME, help, bounds, registry: ours })
    const labelNames = ['route', 'method', 'status'] as const
    const library = new Histogram({
      name: NAME,
      help,
      labelNames,
      buckets: bounds,
      registers: [theirs],
    })
    for (const { route, method, status, seconds } of seen) {
      observe(route, method, status, seconds)
      library.observe({ route, method, status: String(status) }, seconds)
    }
    assert.deepEqual(await linesOf(ours), await linesOf(theirs))
  })
  await fc.assert(agrees)
})

/** Without regard to the order of lines, or of the labels in one. */
async function linesOf(registry: Registry): Promise<string[]> {
  const lines = (await registry.metrics()).split('\n').map((line) => {
    const [, name, labels = '', value] = /^(\w+)\{(.*)\} (.*)$/.exec(line) ?? []
    return name === undefined ? line : `${name} ${labels.split(',').sort().join()} ${value}`
  })
  return lines.sort()
}
