/**
 * From rounds to rows. A ratio is of two slices of the same round.
 *
 * @module
 */
import { median } from '../median.ts'
import { type Columns, figure } from '../table.ts'
import type { OpensslRow } from './openssl.ts'
import type { Rounds } from './slices.ts'

export interface TokenRow {
  readonly alg: string
  readonly operation: 'sign' | 'verify'
  readonly library: string
  /** Microseconds of CPU, all threads. */
  readonly micros: number
  readonly ofRaw: number
  /** Per second with several in flight: only where signing is left to other threads. */
  readonly inFlight: number | undefined
}

/** @param rates What was measured with several in flight, if it was. */
export function rowsOf(
  alg: string,
  operation: TokenRow['operation'],
  cpu: Rounds,
  rates: Rounds = new Map(),
): TokenRow[] {
  const raw = cpu.get('raw') ?? []
  return [...cpu].map(([library, micros]) => {
    const rate = rates.get(library)
    return {
      alg,
      operation,
      library,
      micros: median(micros),
      ofRaw: median(micros.map((value, round) => value / (raw[round] ?? Number.NaN))),
      inFlight: rate && median(rate),
    }
  })
}

export const TOKEN_COLUMNS: Columns<TokenRow> = [
  ['ALG', (row) => row.alg],
  ['OPERATION', (row) => row.operation],
  ['LIBRARY', (row) => row.library],
  ['CPU us', (row) => row.micros.toFixed(row.micros < 100 ? 1 : 0)],
  ['/RAW', (row) => row.ofRaw.toFixed(2)],
  ['IN FLIGHT/S', (row) => figure(row.inFlight)],
]

export const OPENSSL_COLUMNS: Columns<OpensslRow> = [
  ['ALG', (row) => row.alg],
  ['PROCESSES', (row) => String(row.processes)],
  ['SIGN/S', (row) => figure(row.signsPerSecond)],
  ['VERIFY/S', (row) => figure(row.verifiesPerSecond)],
]
