/**
 * What is told of the machine flow.
 *
 * @module
 */
import { type Columns, figure } from './table.ts'

export interface MachineRow {
  readonly alg: string
  readonly what: string
  readonly perSecond: number
  /** Milliseconds. Absent where nothing goes over HTTP, as all below. */
  readonly p50?: number
  readonly cpuMicros?: number | undefined
  readonly errors?: number
}

export const MACHINE_COLUMNS: Columns<MachineRow> = [
  ['ALG', (row) => row.alg],
  ['WHAT', (row) => row.what],
  ['PER SECOND', (row) => row.perSecond.toFixed(0)],
  ['P50 ms', (row) => figure(row.p50, 2)],
  ['CPU us', (row) => figure(row.cpuMicros)],
  ['ERRORS', (row) => figure(row.errors)],
]
