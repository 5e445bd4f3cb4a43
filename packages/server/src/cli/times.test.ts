import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CliError } from './failure.ts'
import { readTime, relative, timeCell } from './times.ts'

const NOW = Date.parse('2026-11-22T12:00:00.000Z')

describe('times on the command line', () => {
  for (const [text, side, at] of [
    ['90s', 'before', '2026-11-22T11:58:30.000Z'],
    ['15m', 'after', '2026-11-22T12:15:00.000Z'],
    ['1h', 'before', '2026-11-22T11:00:00.000Z'],
    ['2w', 'after', '2026-12-06T12:00:00.000Z'],
    ['2026-11-21', 'before', '2026-11-21T00:00:00.000Z'],
    ['2026-11-21T10:00Z', 'after', '2026-11-21T10:00:00.000Z'],
    ['2026-11-21T10:00:00.5+02:00', 'after', '2026-11-21T08:00:00.500Z'],
  ] as const) {
    test(`${text} ${side} now is ${at}`, () => {
      assert.equal(new Date(readTime('--since', text, side, NOW)).toISOString(), at)
    })
  }

  for (const text of [
    '',
    '1',
    'h',
    '-1h',
    '1.5h',
    '1y',
    'yesterday',
    '2026-13-01',
    '2026-02-30',
    '2026-11-22T12:00:00',
    '999999999w',
  ]) {
    test(`"${text}" is no time`, () => {
      assert.throws(() => readTime('--since', text, 'before', NOW), CliError)
      assert.throws(() => readTime('--expires', text, 'after', NOW), CliError)
    })
  }

  test('how long ago, in the largest unit that fits', () => {
    assert.equal(relative(NOW, NOW), 'now')
    assert.equal(relative(NOW - 999, NOW), 'now')
    assert.equal(relative(NOW - 59_999, NOW), '59s ago')
    assert.equal(relative(NOW + 60_000, NOW), 'in 1m')
    assert.equal(relative(NOW - 30 * 86_400_000, NOW), '30d ago')
  })

  test('a cell has the time itself only when it is asked for', () => {
    assert.equal(timeCell('2026-11-22T11:00:00.000Z', NOW, false), '1h ago')
    assert.equal(
      timeCell('2026-11-22T11:00:00.000Z', NOW, true),
      '2026-11-22T11:00:00.000Z (1h ago)',
    )
    assert.equal(timeCell(null, NOW, true), '-')
  })
})
