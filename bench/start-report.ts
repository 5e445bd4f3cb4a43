/**
 * What is told of starts: medians over the runs.
 *
 * @module
 */
import type { Columns } from './table.ts'

export interface StartRow {
  readonly server: string
  readonly runs: number
  /** Milliseconds from the start of the process to its first token. */
  readonly firstTokenMs: number
  /** Resident memory two seconds later; NaN where the system does not tell. */
  readonly idleMiB: number
}

export const START_COLUMNS: Columns<StartRow> = [
  ['SERVER', (row) => row.server],
  ['RUNS', (row) => String(row.runs)],
  ['FIRST TOKEN ms', (row) => row.firstTokenMs.toFixed(0)],
  ['AT REST MiB', (row) => row.idleMiB.toFixed(0)],
]
