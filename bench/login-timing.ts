/**
 * How well times tell why a login failed: logins of every kind, one after the other on one connection
 * in random order. Times that tell nothing have an AUC of 0.5.
 *
 *     npm run bench:login-timing -- --logins 1000 --hash argon2id,bcrypt --json
 *
 * @module
 */
import { parseArgs } from 'node:util'
import {
  askAllKinds,
  fillKinds,
  KINDS,
  KINDS_ENVIRONMENT,
  type Kind,
  kindNames,
  separability,
} from '../test/support/login-kinds.ts'
import type { LoginTimingResult } from './docs/results.ts'
import { TIMING_COLUMNS, type TimingRow } from './logins/rows.ts'
import { type HashName, hashNames, startPeopled } from './logins/service.ts'
import { describeMachine, machineLine, versionsOf } from './machine.ts'
import { median } from './median.ts'
import { whole } from './options.ts'
import { temporaryFolder } from './process.ts'
import { textTable } from './table.ts'

const { values } = parseArgs({
  options: {
    logins: { type: 'string', default: '1000' },
    hash: { type: 'string', default: hashNames.join(',') },
    json: { type: 'boolean', default: false },
  },
})
const count = whole(values.logins, 1)
const root = temporaryFolder()
const machine = describeMachine(root)

const p99 = (times: readonly number[]) =>
  times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? Number.NaN

async function measure(hash: HashName): Promise<TimingRow[]> {
  await using service = await startPeopled(root, hash, KINDS_ENVIRONMENT)
  await fillKinds(service.stores.users, count, service.passwordHash)
  const answers = await askAllKinds(service.running.url, { count, random: Math.random })
  const took = (kind: Kind) => (answers.get(kind) ?? []).map(({ ms }) => ms)
  return kindNames.map((kind) => {
    const [times, { like }] = [took(kind), KINDS[kind]]
    const auc = separability(took(like), times)
    return { hash, kind, logins: times.length, p50: median(times), p99: p99(times), like, auc }
  })
}

const rows: TimingRow[] = []
for (const name of values.hash.split(',')) {
  const hash = hashNames.find((known) => known === name)
  if (hash === undefined) throw new Error(`no hash "${name}", only ${hashNames.join(', ')}`)
  process.stderr.write(`${count} logins of each kind, ${hash}\n`)
  rows.push(...(await measure(hash)))
}
const versions = versionsOf('@node-rs/argon2', '@node-rs/bcrypt')
const result: LoginTimingResult = { bench: 'login-timing', machine, versions, rows }
const text = `${textTable(TIMING_COLUMNS, rows)}\n${machineLine(machine)}`
process.stdout.write(`${values.json ? JSON.stringify(result) : text}\n`)
