/**
 * Whether memory grows: one server, a fresh store, 64 connections, token after token.
 *
 * @module
 */
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { loadServer } from './loading.ts'
import { residentMiB } from './proc.ts'
import { startServer } from './process.ts'
import { SERVERS } from './servers.ts'
import { type Columns, figure } from './table.ts'

const STEPS = 4
const CONNECTIONS = 64
/** Of one step; a server that is so slow has issued fewer. */
const MOST_SECONDS = 300

export interface MemoryRow {
  readonly issued: number
  /** Linux only. */
  readonly residentMiB: number | undefined
}

export const MEMORY_COLUMNS: Columns<MemoryRow> = [
  ['ISSUED', (row) => String(row.issued)],
  ['RSS MiB', (row) => figure(row.residentMiB)],
]

/** At rest, and after each quarter of `tokens`. Progress goes to stderr. */
export async function measureMemory(root: string, tokens: number): Promise<MemoryRow[]> {
  const dir = mkdtempSync(join(root, 'memory-'))
  await using running = await startServer(SERVERS.jotter, dir)
  const rows: MemoryRow[] = [{ issued: 0, residentMiB: residentMiB(running.pid) }]
  const step = { connections: CONNECTIONS, seconds: MOST_SECONDS, warmup: 0 }
  let issued = 0
  while (rows.length <= STEPS) {
    const answers = Math.ceil(tokens / STEPS)
    const load = await loadServer(running, { ...step, answers })
    issued += load.answers
    rows.push({ issued, residentMiB: load.residentMiB })
    process.stderr.write(`${issued} tokens issued: ${figure(load.residentMiB)} MiB\n`)
  }
  return rows
}
