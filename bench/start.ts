/**
 * How long a fresh server takes from its start to its first token, and the memory it rests at.
 *
 *     node --conditions=source bench/start.ts --runs 10 --only none,jotter --json
 *
 * @module
 */
import { mkdtempSync } from 'node:fs'
import { get } from 'node:http'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { StartResult } from './docs/results.ts'
import { describeMachine, machineLine } from './machine.ts'
import { median } from './median.ts'
import { whole } from './options.ts'
import { residentMiB } from './proc.ts'
import { startServer, temporaryFolder } from './process.ts'
import { SERVERS, type ServerName, serversOf } from './servers.ts'
import { START_COLUMNS, type StartRow } from './start-report.ts'
import { textTable } from './table.ts'

const REST_SECONDS = 2
const root = temporaryFolder()

function statusOf(url: string) {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>()
  get(url, { agent: false }, (response) => {
    response.resume().once('end', () => resolve(response.statusCode))
  }).once('error', reject)
  return promise
}

async function firstToken(url: string) {
  for (let tries = 0; tries < 1000; tries++) {
    if ((await statusOf(`${url}/v1/token/15555551212`)) === 200) return
    await pause(5)
  }
  throw new Error(`no token from ${url}`)
}

async function measure(name: ServerName) {
  const dir = mkdtempSync(join(root, `${name}-`))
  const started = performance.now()
  await using running = await startServer(SERVERS[name], dir)
  await firstToken(running.url)
  const milliseconds = performance.now() - started
  await pause(REST_SECONDS * 1000)
  return { milliseconds, resident: residentMiB(running.pid) ?? Number.NaN }
}

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10' },
    only: { type: 'string', default: 'none,jotter' },
    json: { type: 'boolean', default: false },
  },
})
const machine = describeMachine(root)
const rows: StartRow[] = []
for (const server of serversOf(values.only)) {
  const runs = []
  for (let run = 0; run < whole(values.runs, 1); run++) runs.push(await measure(server))
  rows.push({
    server,
    runs: runs.length,
    firstTokenMs: median(runs.map((run) => run.milliseconds)),
    idleMiB: median(runs.map((run) => run.resident)),
  })
}
const result: StartResult = { bench: 'start', machine, versions: {}, rows }
const text = `${textTable(START_COLUMNS, rows)}\n${machineLine(machine)}`
process.stdout.write(`${values.json ? JSON.stringify(result) : text}\n`)
