import assert from 'node:assert/strict'
import { test } from 'node:test'
import { uuidv7 } from './uuid.ts'

const NOW = 1_800_000_000_123
const bitsOf = (uuid: string) => BigInt(`0x${uuid.replaceAll('-', '')}`)

test('RFC 9562 §5.7: 48 bits of time, version 7, variant 10, in the text form of §4', () => {
  const uuid = uuidv7(NOW)
  assert.match(uuid, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.equal(bitsOf(uuid) >> 80n, BigInt(NOW))
})

test('RFC 9562 A.6: the time of the example stands where the example has it', () => {
  assert.equal(uuidv7(0x017f22e279b0).slice(0, 15), '017f22e2-79b0-7')
})

test('times from 0 to the last that a Date can hold fill the 48 bits', () => {
  assert.equal(bitsOf(uuidv7(0)) >> 80n, 0n)
  assert.equal(bitsOf(uuidv7(2 ** 48 - 1)) >> 80n, 2n ** 48n - 1n)
})

test('E-07 a million of one millisecond are a million, and each of the 74 random bits is free', () => {
  const COUNT = 1_000_000
  const seen = new Set<string>()
  const ones = new Array<number>(128).fill(0)
  for (let i = 0; i < COUNT; i += 1) {
    const uuid = uuidv7(NOW)
    seen.add(uuid)
    if (i >= 2_000) continue
    const bits = bitsOf(uuid).toString(2).padStart(128, '0')
    for (let bit = 0; bit < 128; bit += 1) if (bits[bit] === '1') ones[bit] = (ones[bit] ?? 0) + 1
  }
  assert.equal(seen.size, COUNT)
  // A fair bit lies outside of these bounds less than once in 10^17 times.
  const free = ones.filter((count) => count > 800 && count < 1200)
  const fixed = ones.filter((count) => count === 0 || count === 2_000)
  assert.deepEqual([free.length, fixed.length], [74, 48 + 4 + 2])
})

test('their order as text is the order of their times', () => {
  const times = Array.from({ length: 10_000 }, (_, i) => NOW + i * 7)
  const uuids = times.map(uuidv7)
  assert.deepEqual(uuids.toSorted(), uuids)
})
