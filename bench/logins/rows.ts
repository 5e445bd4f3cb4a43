/**
 * What is told of logins, one kind of row for each table. Figures are medians over the rounds, and
 * parts of something are of the same round.
 *
 * @module
 */
import { type Columns, figure } from '../table.ts'

export interface LoginRow {
  readonly hash: string
  readonly server: string
  readonly perSecond: number
  /** As a part of the bare checks of the same hash. */
  readonly ofBare: number
  readonly cpuMillis: number | undefined
  /** Of the service: with all that wait their turn. */
  readonly p50: number | undefined
  readonly errors: number
}

export const LOGIN_COLUMNS: Columns<LoginRow> = [
  ['HASH', (row) => row.hash],
  ['SERVER', (row) => row.server],
  ['LOGINS/S', (row) => row.perSecond.toFixed(1)],
  ['/BARE', (row) => row.ofBare.toFixed(2)],
  ['CPU ms', (row) => figure(row.cpuMillis, 1)],
  ['P50 ms', (row) => figure(row.p50)],
  ['ERRORS', (row) => String(row.errors)],
]

export interface StatusRow {
  readonly server: string
  readonly connections: number
  readonly perSecond: number
  /** As a part of the bare floor that verifies the same algorithm each time. */
  readonly ofEs256: number
  readonly ofHs256: number
  readonly cpuMicros: number | undefined
  readonly p50: number
  readonly p99: number
  readonly errors: number
}

export const STATUS_COLUMNS: Columns<StatusRow> = [
  ['SERVER', (row) => row.server],
  ['CONNECTIONS', (row) => String(row.connections)],
  ['REQ/S', (row) => row.perSecond.toFixed(0)],
  ['/ES256', (row) => row.ofEs256.toFixed(2)],
  ['/HS256', (row) => row.ofHs256.toFixed(2)],
  ['CPU us', (row) => figure(row.cpuMicros)],
  ['P50 ms', (row) => row.p50.toFixed(2)],
  ['P99 ms', (row) => row.p99.toFixed(2)],
  ['ERRORS', (row) => String(row.errors)],
]

export interface StormRow {
  /** Under way all the time. */
  readonly logins: number
  readonly connections: number
  readonly tokensPerSecond: number
  readonly p50: number
  readonly p99: number
  /** The p99 as a multiple of that without logins. */
  readonly ofIdle: number
  readonly loginsPerSecond: number | undefined
  readonly errors: number
}

export const STORM_COLUMNS: Columns<StormRow> = [
  ['LOGINS AT ONCE', (row) => String(row.logins)],
  ['CONNECTIONS', (row) => String(row.connections)],
  ['TOKENS/S', (row) => row.tokensPerSecond.toFixed(0)],
  ['P50 ms', (row) => row.p50.toFixed(2)],
  ['P99 ms', (row) => row.p99.toFixed(2)],
  ['/IDLE', (row) => row.ofIdle.toFixed(2)],
  ['LOGINS/S', (row) => figure(row.loginsPerSecond, 1)],
  ['ERRORS', (row) => String(row.errors)],
]

export interface TimingRow {
  readonly hash: string
  readonly kind: string
  readonly logins: number
  readonly p50: number
  readonly p99: number
  /** What it is compared with. */
  readonly like: string
  readonly auc: number
}

export const TIMING_COLUMNS: Columns<TimingRow> = [
  ['HASH', (row) => row.hash],
  ['LOGIN', (row) => row.kind],
  ['LOGINS', (row) => String(row.logins)],
  ['P50 ms', (row) => row.p50.toFixed(2)],
  ['P99 ms', (row) => row.p99.toFixed(2)],
  ['COMPARED WITH', (row) => row.like],
  ['AUC', (row) => row.auc.toFixed(3)],
]
