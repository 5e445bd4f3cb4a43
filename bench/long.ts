/**
 * What changes with time: issuing and finding in stores that have a long past, and memory after many
 * tokens. Progress goes to stderr, the result to stdout.
 *
 *     npm run bench:long
 *     npm run bench:long -- --rows 0,100000 --look-ups 10000,100000 --tokens 100000 --json
 *
 * @module
 */
import { parseArgs } from 'node:util'
import type { LongResult } from './docs/results.ts'
import { demandSpace, filledStores } from './history.ts'
import { LOOK_UP_COLUMNS, measureLookUps } from './look-ups.ts'
import { describeMachine, machineLine, versionsOf } from './machine.ts'
import { MEMORY_COLUMNS, measureMemory } from './memory.ts'
import { whole } from './options.ts'
import { temporaryFolder } from './process.ts'
import { type Sample, SUMMARY_COLUMNS, summarize } from './report.ts'
import { issueRounds } from './rounds.ts'
import { SERVERS, serversOf } from './servers.ts'
import { textTable } from './table.ts'

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '0,2000000,10000000' },
    'look-ups': { type: 'string', default: '10000,2000000,10000000' },
    tokens: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '64' },
    only: { type: 'string', default: 'none,group,worker,express,jotter' },
    json: { type: 'boolean', default: false },
  },
})
const list = (text: string, least: number) =>
  text
    .split(',')
    .map((part) => whole(part, least))
    .sort((a, b) => a - b)
const [issueAt, lookUpAt] = [list(values.rows, 0), list(values['look-ups'], 1)]
const options = {
  root: temporaryFolder(),
  names: serversOf(values.only),
  connections: list(values.connections, 1),
  rounds: whole(values.rounds, 1),
  seconds: whole(values.seconds, 1),
}
const { root, rounds, seconds } = options
const sizes = [...new Set([...issueAt, ...lookUpAt])].sort((a, b) => a - b)
const stores = new Map(sizes.map((rows) => [rows, filledStores(root, rows)]))
// Every store of the service, and of the largest size a floor's and the copy that is being measured.
demandSpace(
  root,
  sizes.reduce((a, b) => a + b, 0) + 2 * Math.max(...issueAt) + whole(values.tokens, 1),
)

const machine = describeMachine(root)
const samples: Sample[] = []
for (const rows of issueAt) {
  const filled = stores.get(rows) ?? filledStores(root, rows)
  samples.push(...(await issueRounds({ ...options, rows, stores: filled })))
  filled.drop(SERVERS.group.fill)
}
const memory = await measureMemory(root, whole(values.tokens, 1))
const lookUpStores = new Map([...stores].filter(([rows]) => lookUpAt.includes(rows)))
const lookUps = await measureLookUps({ root, rounds, seconds, stores: lookUpStores })

const summary = summarize(samples)
const versions = versionsOf('express', 'jsonwebtoken')
const text = [
  textTable(SUMMARY_COLUMNS, summary),
  textTable(LOOK_UP_COLUMNS, lookUps),
  textTable(MEMORY_COLUMNS, memory),
  machineLine(machine),
].join('\n\n')
const result: LongResult = { bench: 'long', machine, versions, summary, lookUps, memory, samples }
process.stdout.write(`${values.json ? JSON.stringify(result) : text}\n`)
