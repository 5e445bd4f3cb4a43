import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StoreUnavailable } from '../errors.ts'
import { tellAlone } from './alone.ts'

const ask = { name: 'phone', key: 'a', wanted: 1, windowSeconds: 60 }

/** A database, a clock, and what was told. */
function open() {
  const place = { at: 0, failure: undefined as Error | undefined, told: [] as boolean[] }
  const store = {
    async take() {
      if (place.failure !== undefined) throw place.failure
      return { used: 1, endsInMs: 1000 }
    },
  }
  const { take } = tellAlone(
    store,
    () => place.at,
    (alone) => place.told.push(alone),
  )
  return { place, take }
}

test('F-08 it is told once when it begins and once when it is over, however many ask', async () => {
  const { place, take } = open()
  await take(ask)
  place.failure = new StoreUnavailable('down')
  for (let i = 0; i < 100; i += 1) await assert.rejects(take(ask), { name: 'StoreUnavailable' })
  assert.deepEqual(place.told, [true])
  place.failure = undefined
  place.at += 1_000
  for (let i = 0; i < 100; i += 1) assert.equal((await take(ask)).used, 1)
  assert.deepEqual(place.told, [true, false])
})

test('F-08 a database that answers now and then is one that does not', async () => {
  const { place, take } = open()
  for (let i = 0; i < 20; i += 1) {
    place.at += 999
    place.failure = new StoreUnavailable('late')
    await assert.rejects(take(ask))
    place.failure = undefined
    await take(ask)
  }
  assert.deepEqual(place.told, [true])
})

test('a defect is no silence of the database', async () => {
  const { place, take } = open()
  place.failure = new TypeError('a defect')
  await assert.rejects(take(ask), { name: 'TypeError' })
  assert.deepEqual(place.told, [])
})
