import assert from 'node:assert/strict'
import { test } from 'node:test'
import { probe } from './probe.ts'

/** A check that counts how often it is done, and a clock that stands still. */
function counted(outcome: () => Promise<void>) {
  const clock = { at: 0 }
  const seen = { checks: 0 }
  const check = () => {
    seen.checks += 1
    return outcome()
  }
  return { clock, seen, ask: probe(check, () => clock.at) }
}

test('however many ask at once, the check is done once', async () => {
  const { seen, ask } = counted(async () => {})
  const answers = await Promise.all(Array.from({ length: 100 }, ask))
  assert.ok(answers.every((ok) => ok))
  assert.equal(seen.checks, 1)
})

test('also while it fails, and then again for the next one', async () => {
  const { seen, ask } = counted(async () => {
    throw new Error('no')
  })
  const answers = await Promise.all(Array.from({ length: 100 }, ask))
  assert.ok(answers.every((ok) => !ok))
  assert.equal(seen.checks, 1)
  assert.equal(await ask(), false)
  assert.equal(seen.checks, 2)
})

test('a good answer stands for a second', async () => {
  const { clock, seen, ask } = counted(async () => {})
  await ask()
  clock.at = 999
  await ask()
  assert.equal(seen.checks, 1)
  clock.at = 1000
  await ask()
  assert.equal(seen.checks, 2)
})
