import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Line, linesOf } from './import-lines.ts'

async function linesIn(bytes: Buffer, pieceBytes: number): Promise<Line[]> {
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      yield bytes.subarray(at, at + pieceBytes)
    }
  }
  return Array.fromAsync(linesOf(pieces()))
}

test('lines are the same however the file comes', async () => {
  const unit = fc.constantFrom('a', 'ü', '😀', '\n', '\r\n', ' ', '\u2028')
  const same = fc.asyncProperty(
    fc.string({ unit, maxLength: 40 }),
    fc.nat(9),
    async (text, size) => {
      const expected = text
        .split('\n')
        .map((line, i) => ({ number: i + 1, text: line.replace(/\r$/, '') }))
        .filter((line) => line.text.trim() !== '')
      assert.deepEqual(await linesIn(Buffer.from(text), size + 1), expected)
    },
  )
  await fc.assert(same, { numRuns: 300 })
})

test('a byte order mark before the first line is none of it, and stays before others', async () => {
  assert.deepEqual(await linesIn(Buffer.from('\ufeffa\n\ufeffb'), 2), [
    { number: 1, text: 'a' },
    { number: 2, text: '\ufeffb' },
  ])
})

test('a line that is not UTF-8 or has no end is a problem of its own', async () => {
  const long = 'x'.repeat(16 * 1024)
  const bytes = Buffer.from(`a\n\xff\n${long}\n${long}x\n${long.repeat(9)}\nb`, 'latin1')
  const lines = await linesIn(bytes, 1000)
  assert.deepEqual(
    lines.map((line) => ('text' in line ? line.text.length : line.problem)),
    [
      1,
      'the line is not UTF-8',
      long.length,
      'the line is longer than 16384 bytes',
      'the line is longer than 16384 bytes',
      1,
    ],
  )
})
