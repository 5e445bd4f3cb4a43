/**
 * How fast the service issues tokens, beside the floors: interleaved rounds, and for every figure a
 * fresh process with a fresh store. Progress goes to stderr, the result to stdout.
 *
 *     npm run bench -- --rounds 3 --seconds 5 --connections 1,16,64 --only none,worker,jotter
 *     npm run bench -- --rows 2000000 --connections 64 --json
 *
 * @module
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { filledStores } from './history.ts'
import type { LoadResult } from './load.ts'
import { describeMachine, machineLine } from './machine.ts'
import { whole } from './options.ts'
import { endWithUs, startServer, temporaryFolder } from './process.ts'
import { type Sample, SUMMARY_COLUMNS, summarize } from './report.ts'
import { SERVERS, type Server, type ServerName, serversOf } from './servers.ts'
import { textTable } from './table.ts'

const LOAD = join(import.meta.dirname, 'load.ts')
/** Until then the compiler works beside the code it makes faster. */
const WARMUP_SECONDS = 4

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '1,16,64' },
    rows: { type: 'string', default: '0' },
    only: { type: 'string', default: Object.keys(SERVERS).join(',') },
    json: { type: 'boolean', default: false },
  },
})
const rounds = whole(values.rounds, 1)
const seconds = whole(values.seconds, 1)
const rows = whole(values.rows, 0)
const connections = values.connections.split(',').map((text) => whole(text, 1))
const names = serversOf(values.only)

const root = temporaryFolder()
const stores = filledStores(root, rows)

async function measure(name: ServerName, count: number): Promise<LoadResult> {
  const server: Server = SERVERS[name]
  const dir = mkdtempSync(join(root, `${name}-`))
  try {
    if (rows > 0 && server.durable) {
      if (server.fill === undefined) throw new Error(`${name} has no way to be filled with --rows`)
      await stores.copy(server.fill, dir)
    }
    await using running = await startServer(server, dir)
    const options = {
      url: running.url,
      pid: running.pid,
      connections: count,
      seconds,
      warmup: WARMUP_SECONDS,
    }
    const args = Object.entries(options).flatMap(([flag, value]) => [`--${flag}`, String(value)])
    const timeout = (WARMUP_SECONDS + seconds + 20) * 1000
    const load = promisify(execFile)(process.execPath, [LOAD, ...args], { timeout })
    endWithUs(load.child)
    return JSON.parse((await load).stdout)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

const samples: Sample[] = []
const machine = describeMachine(root)
const minutes = (rounds * connections.length * names.length * (seconds + WARMUP_SECONDS + 1)) / 60
process.stderr.write(`takes about ${Math.ceil(minutes)} min${rows > 0 ? ', and filling' : ''}\n`)
for (const count of connections) {
  for (let round = 1; round <= rounds; round++) {
    for (const server of names) {
      const load = await measure(server, count)
      samples.push({ server, connections: count, round, load })
      const rate = `${Math.round(load.requestsPerSecond)}/s`
      process.stderr.write(`${count} connections, round ${round}, ${server}: ${rate}\n`)
    }
  }
}

const summary = summarize(samples)
const result = values.json
  ? JSON.stringify({ machine, rows, rounds, seconds, summary, samples })
  : `${textTable(SUMMARY_COLUMNS, summary)}\n${machineLine(machine)}`
process.stdout.write(`${result}\n`)
