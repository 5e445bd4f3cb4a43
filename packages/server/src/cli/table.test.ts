import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import type { Io } from './io.ts'
import { printPairs, printTable } from './table.ts'

function screen(columns: number | undefined) {
  const written: string[] = []
  const io: Io = {
    out: (text) => void written.push(text),
    err: () => assert.fail('a table is data'),
    terminal: { out: columns !== undefined, err: false, columns: columns ?? 80 },
    color: { out: columns !== undefined, err: false },
  }
  return { io, text: () => written.join('') }
}

const ROWS = [
  ['order-1', 'a name that goes on and on', 'admin'],
  ['2', '', 'metrics'],
]

test('columns are as wide as their widest cell, without spaces at the end', () => {
  const { io, text } = screen(undefined)
  printTable(io, ['ID', 'NAME', 'SCOPES'], ROWS)
  assert.equal(
    text(),
    `ID       NAME                        SCOPES
order-1  a name that goes on and on  admin
2                                    metrics
`,
  )
})

test('on a terminal the widest column is cut until a line fits', () => {
  const { io, text } = screen(30)
  printTable(io, ['ID', 'NAME', 'SCOPES'], ROWS)
  const lines = stripVTControlCharacters(text()).trimEnd().split('\n')
  assert.deepEqual(lines, [
    'ID       NAME          SCOPES',
    'order-1  a name that…  admin',
    '2                      metrics',
  ])
})

test('a terminal too narrow for anything still gets the beginning of each cell', () => {
  const { io, text } = screen(3)
  printTable(io, ['ID', 'NAME', 'SCOPES'], ROWS)
  assert.match(stripVTControlCharacters(text()), /^order… {2}a nam… {2}admin$/m)
})

test('what would act on the terminal is shown as its number', () => {
  const { io, text } = screen(undefined)
  printTable(io, ['NAME'], [['a\u001b[2Jb\r\nc\u202e\u{e0001}']])
  assert.equal(text(), 'NAME\na\\u001b[2Jb\\u000d\\u000ac\\u202e\\udb40\\udc01\n')
})

test('pairs stand below each other, names in colour on a terminal', () => {
  const { io, text } = screen(80)
  printPairs(io, [
    ['XID', 'order-1'],
    ['STATUS', 'issued'],
  ])
  assert.equal(stripVTControlCharacters(text()), 'XID     order-1\nSTATUS  issued\n')
  assert.notEqual(stripVTControlCharacters(text()), text())
})
