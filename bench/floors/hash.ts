/**
 * The floor of a login: nothing but checking a password, so many at a time, with the library that the
 * service uses too. One JSON line on stdout.
 *
 *     node bench/floors/hash.ts --hash argon2id --in-flight 1 --seconds 5
 *
 * @module
 */
import { parseArgs } from 'node:util'
import * as argon2 from '@node-rs/argon2'
import * as bcrypt from '@node-rs/bcrypt'

export interface HashResult {
  readonly checksPerSecond: number
  /** Processor time of one, all threads. */
  readonly cpuMicros: number
}

const PASSWORD = 'correct horse'
const { values } = parseArgs({
  options: {
    hash: { type: 'string', default: 'argon2id' },
    'in-flight': { type: 'string', default: '1' },
    seconds: { type: 'string', default: '5' },
  },
})

/** Of OWASP's Password Storage Cheat Sheet: 19 MiB and 2 passes; and what bcrypt libraries begin with. */
async function checker(): Promise<() => Promise<boolean>> {
  if (values.hash === 'bcrypt') {
    const stored = await bcrypt.hash(PASSWORD, { cost: 10 })
    return () => bcrypt.verify(PASSWORD, stored)
  }
  const stored = await argon2.hash(PASSWORD, { memoryCost: 19_456, timeCost: 2, parallelism: 1 })
  return () => argon2.verify(stored, PASSWORD)
}

const check = await checker()
// The first one loads the library.
await check()
const [began, cpu] = [performance.now(), process.cpuUsage()]
const until = began + Number(values.seconds) * 1000
let done = 0
async function checkUntilTheEnd() {
  while (performance.now() < until) {
    if (!(await check())) throw new Error('the right password is refused')
    done += 1
  }
}
await Promise.all(Array.from({ length: Number(values['in-flight']) }, checkUntilTheEnd))
const { user, system } = process.cpuUsage(cpu)
const result: HashResult = {
  checksPerSecond: (done * 1000) / (performance.now() - began),
  cpuMicros: (user + system) / done,
}
process.stdout.write(`${JSON.stringify(result)}\n`)
