/**
 * What the benchmarks print with `--json`.
 *
 * @module
 */
import type { LoginRow, StatusRow, StormRow, TimingRow } from '../logins/rows.ts'
import type { LookUpRow } from '../look-ups.ts'
import type { Machine } from '../machine.ts'
import type { MachineRow } from '../machine-report.ts'
import type { MemoryRow } from '../memory.ts'
import type { Sample, Summary } from '../report.ts'
import type { StartRow } from '../start-report.ts'
import type { OpensslFigures } from '../tokens/openssl.ts'
import type { TokenRow } from '../tokens/report.ts'

export interface Origin {
  readonly machine: Machine
  /** Of the packages that were measured beside ours. */
  readonly versions: Readonly<Record<string, string>>
}

export interface ServiceResult extends Origin {
  readonly bench: 'service'
  readonly summary: readonly Summary[]
  /** Every single one, for whoever wants to compute something else. */
  readonly samples: readonly Sample[]
}

export interface TokensResult extends Origin {
  readonly bench: 'tokens'
  readonly rows: readonly TokenRow[]
  /** Absent where there is no `openssl`. */
  readonly openssl?: OpensslFigures | undefined
}

export interface LongResult extends Origin {
  readonly bench: 'long'
  readonly summary: readonly Summary[]
  readonly lookUps: readonly LookUpRow[]
  readonly memory: readonly MemoryRow[]
  readonly samples: readonly Sample[]
}

export interface StartResult extends Origin {
  readonly bench: 'start'
  readonly rows: readonly StartRow[]
}

export interface LoginsResult extends Origin {
  readonly bench: 'logins'
  readonly logins: readonly LoginRow[]
  readonly status: readonly StatusRow[]
  readonly storm: readonly StormRow[]
}

export interface MachinesResult extends Origin {
  readonly bench: 'machines'
  readonly rows: readonly MachineRow[]
  /** Absent where there is no `openssl`. */
  readonly openssl?: OpensslFigures | undefined
}

export interface LoginTimingResult extends Origin {
  readonly bench: 'login-timing'
  readonly rows: readonly TimingRow[]
}
