import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { logSink } from './log-sink.ts'

const line = (number: number) => `${JSON.stringify({ number, text: 'x'.repeat(10_000) })}\n`

/** All that the pipe holds now. */
function drain(fd: number): string {
  const buffer = Buffer.alloc(1 << 20)
  try {
    return buffer.toString('utf8', 0, readSync(fd, buffer))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return ''
    throw error
  }
}

test('F-19 a line that a full pipe took half of is finished before the next one', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'jotter-log-'))
  const path = join(folder, 'log')
  assert.equal(spawnSync('sh', ['-c', `mkfifo ${path}`]).status, 0)
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  t.after(() => {
    closeSync(reader)
    rmSync(folder, { recursive: true })
  })
  const sink = logSink(path)

  let read = ''
  for (let number = 0; number < 60; number += 1) {
    sink.write(line(number))
    if (number % 20 === 19) read += drain(reader)
  }
  sink.write(line(60))
  read += drain(reader)

  const entries = read
    .trimEnd()
    .split('\n')
    .map((text) => JSON.parse(text))
  const numbers = entries.filter(({ number }) => number !== undefined)
  const missing = entries.filter(({ lines }) => lines !== undefined)
  assert.ok(missing.length > 0)
  const lost = missing.reduce((sum, { lines }) => sum + lines, 0)
  assert.equal(numbers.length + lost, 61)
})

test('lines and standard error in one file follow each other', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'jotter-log-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'log')
  const fd = openSync(path, 'w')
  const program = `
    import { logSink } from ${JSON.stringify(join(import.meta.dirname, 'log-sink.ts'))}
    const sink = logSink()
    sink.write('one\\n')
    process.stderr.write('two\\n')
    sink.write('three\\n')`
  execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', fd, fd],
  })
  closeSync(fd)
  assert.equal(readFileSync(path, 'utf8'), 'one\ntwo\nthree\n')
})
