/**
 * How fast the service issues tokens, beside the floors and a peer: interleaved rounds, and for every
 * figure a fresh process with a fresh store. Progress goes to stderr, the result to stdout.
 *
 *     npm run bench -- --rounds 3 --seconds 5 --connections 1,16,64 --only none,worker,jotter
 *     npm run bench -- --rows 2000000 --connections 64 --json
 *
 * @module
 */
import { parseArgs } from 'node:util'
import type { ServiceResult } from './docs/results.ts'
import { demandSpace, filledStores } from './history.ts'
import { describeMachine, machineLine, versionsOf } from './machine.ts'
import { whole } from './options.ts'
import { temporaryFolder } from './process.ts'
import { SUMMARY_COLUMNS, summarize } from './report.ts'
import { issueRounds, minutesOf } from './rounds.ts'
import { BY_DEFAULT, serversOf } from './servers.ts'
import { textTable } from './table.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '1,16,64' },
    rows: { type: 'string', default: '0' },
    only: { type: 'string', default: BY_DEFAULT.join(',') },
    json: { type: 'boolean', default: false },
  },
})
const root = temporaryFolder()
const rows = whole(values.rows, 0)
const options = {
  root,
  names: serversOf(values.only),
  connections: values.connections.split(',').map((text) => whole(text, 1)),
  rounds: whole(values.rounds, 1),
  seconds: whole(values.seconds, 1),
  rows,
  stores: filledStores(root, rows),
}
// Two ways to fill, and the copy that is being measured.
demandSpace(root, 3 * rows)

const machine = describeMachine(root)
const filling = rows > 0 ? ', and filling' : ''
process.stderr.write(`takes about ${minutesOf(options)} min${filling}\n`)
const samples = await issueRounds(options)
const summary = summarize(samples)
const versions = versionsOf('express', 'jsonwebtoken')
const text = `${textTable(SUMMARY_COLUMNS, summary)}\n${machineLine(machine)}`
const result: ServiceResult = { bench: 'service', machine, versions, summary, samples }
process.stdout.write(`${values.json ? JSON.stringify(result) : text}\n`)
