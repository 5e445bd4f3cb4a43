import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { GateLinesError, gateLinesRule, readGateLines } from './gate-lines.ts'
import type { Settings } from './settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'jotter-lines-'))
test.after(() => rmSync(folder, { recursive: true }))

/** A file of these bytes. */
function fileOf(bytes: string | Uint8Array): string {
  const file = join(folder, 'lines')
  writeFileSync(file, bytes)
  return file
}

test('our own lines are about twenty, each of one line', () => {
  const lines = readGateLines({ GATE_LINES_FILE: undefined })
  assert.ok(lines.length >= 20)
  assert.equal(new Set(lines).size, lines.length)
  for (const line of lines) assert.match(line, /^[A-Z][ -~]{10,80}\.$/)
})

test('a file is read line by line, without the empty ones and the spaces around', () => {
  const file = fileOf('\ufeffone\r\n\n  two  \nthree')
  assert.deepEqual(readGateLines({ GATE_LINES_FILE: file }), ['one', 'two', 'three'])
})

const WRONG: Readonly<Record<string, readonly [bytes: string | Uint8Array, why: RegExp]>> = {
  'nothing in it': ['', /^has no line$/],
  'spaces only': [' \n \n', /^has no line$/],
  'a long line': ['a'.repeat(1_001), /more than 1000 characters$/],
  'bytes that are no UTF-8': [Buffer.from([0x61, 0xff]), /^is no text in UTF-8$/],
  'more than 64 KiB': ['a\n'.repeat(40_000), /^is larger than 65536 bytes$/],
}
for (const [name, [bytes, why]] of Object.entries(WRONG)) {
  test(`a file with ${name} is refused at the start`, () => {
    const settings = { GATE_LINES_FILE: fileOf(bytes) } as Settings
    assert.throws(() => readGateLines(settings), GateLinesError)
    const finding = gateLinesRule.check(settings, false)
    assert.ok(finding !== undefined && 'message' in finding)
    assert.deepEqual([finding.setting, finding.fatal], ['GATE_LINES_FILE', true])
    assert.match(finding.message, why)
  })
}

test('so is what is not there, and what is no file', () => {
  for (const GATE_LINES_FILE of [join(folder, 'absent'), folder]) {
    assert.throws(() => readGateLines({ GATE_LINES_FILE }), GateLinesError)
  }
})
