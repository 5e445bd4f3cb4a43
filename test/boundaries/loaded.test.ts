/**
 * What the service does not load. A named import of `node:http` in an ES module, for one, loads all of
 * Node's `fetch`: two megabytes, and some time at each start.
 *
 * @module
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'

const START = join(import.meta.dirname, '../../packages/server/src/start.ts')
/** Then one module of the service that does import it. */
const PROGRAM = `
  const loaded = () => process.moduleLoadList.filter((name) => name.endsWith('/undici/undici'))
  await import(${JSON.stringify(START)})
  console.log(loaded().length)
  await import(${JSON.stringify(join(START, '../keyserver/ask.ts'))})
  console.log(loaded().length)`

test('the service starts without fetch', () => {
  const flags = ['--conditions=source', '--input-type=module', '-e']
  assert.equal(execFileSync(process.execPath, [...flags, PROGRAM]).toString(), '0\n1\n')
})
