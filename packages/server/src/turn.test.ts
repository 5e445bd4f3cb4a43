import assert from 'node:assert/strict'
import { test } from 'node:test'
import { endOfTurn } from './turn.ts'

test('who waits in one turn of the event loop goes on step by step with the others', async () => {
  const steps: string[] = []
  async function work(name: string) {
    await endOfTurn()
    steps.push(`${name} checks`)
    await undefined
    steps.push(`${name} answers`)
  }
  const all = [work('one'), work('two')]
  await null
  assert.deepEqual(steps, [])
  await Promise.all(all)
  assert.deepEqual(steps, ['one checks', 'two checks', 'one answers', 'two answers'])
})

test('who comes while the others go on waits for the end of another turn', async () => {
  const first = endOfTurn()
  await first
  const second = endOfTurn()
  assert.notEqual(second, first)
  assert.equal(endOfTurn(), second)
  await second
})
