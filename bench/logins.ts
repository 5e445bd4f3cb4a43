/**
 * What logins cost, what a look at one's own account costs, and who waits while others log in, each
 * beside what the platform allows: interleaved rounds, and for every figure a fresh process with a
 * fresh store. Progress goes to stderr, the result to stdout.
 *
 *     npm run bench:logins -- --rounds 3 --seconds 5 --storm 50 --json
 *
 * @module
 */
import { parseArgs } from 'node:util'
import type { LoginsResult } from './docs/results.ts'
import { measureRound, type Round } from './logins/rounds.ts'
import { LOGIN_COLUMNS, STATUS_COLUMNS, STORM_COLUMNS } from './logins/rows.ts'
import { loginRows, statusRows, stormRows } from './logins/summary.ts'
import { describeMachine, machineLine, versionsOf } from './machine.ts'
import { whole } from './options.ts'
import { temporaryFolder } from './process.ts'
import { textTable } from './table.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '64' },
    storm: { type: 'string', default: '50' },
    json: { type: 'boolean', default: false },
  },
})
const options = {
  root: temporaryFolder(),
  seconds: whole(values.seconds, 1),
  connections: whole(values.connections, 1),
  storm: whole(values.storm, 1),
}
// All come from one address, of which the service lets no more through at once.
if (options.storm > 100) throw new Error('a storm is of 100 logins at most')
const machine = describeMachine(options.root)
const rounds: Round[] = []
for (let round = 1; round <= whole(values.rounds, 1); round += 1) {
  process.stderr.write(`round ${round}\n`)
  rounds.push(await measureRound(options))
}
const result: LoginsResult = {
  bench: 'logins',
  machine,
  versions: versionsOf('@node-rs/argon2', '@node-rs/bcrypt'),
  logins: loginRows(rounds),
  status: statusRows(rounds, options),
  storm: stormRows(rounds, options),
}
const text = [
  textTable(LOGIN_COLUMNS, result.logins),
  textTable(STATUS_COLUMNS, result.status),
  textTable(STORM_COLUMNS, result.storm),
  machineLine(machine),
].join('\n\n')
process.stdout.write(`${values.json ? JSON.stringify(result) : text}\n`)
