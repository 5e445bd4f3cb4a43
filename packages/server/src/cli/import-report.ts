/** What an import tells while it runs and when it is through. Never a hash, nor anything of a line. */
import { closeSync, openSync, writeSync } from 'node:fs'
import type { Context } from './context.ts'
import { printable } from './io.ts'

/** Refused lines that are told one by one; of the others only the file of `--rejects` has all. */
const MAX_TOLD = 100
const PROGRESS_MS = { terminal: 100, pipe: 10_000 } as const
const BAR_CELLS = 10

export interface ImportCounts {
  /** Read until now. */
  lines: number
  imported: number
  existing: number
  conflicts: number
  invalid: number
}

export interface ReportOptions {
  dryRun: boolean
  rejects: string | undefined
  /** How much of the file was read: 0 to 1. Undefined of what has no known length. */
  share: () => number | undefined
}

export type ImportReport = ReturnType<typeof importReport>

export function importReport(
  { io, monotonic }: Pick<Context, 'io' | 'monotonic'>,
  { dryRun, rejects, share }: ReportOptions,
) {
  const counts: ImportCounts = { lines: 0, imported: 0, existing: 0, conflicts: 0, invalid: 0 }
  const file = rejects === undefined ? undefined : openSync(rejects, 'w', 0o600)
  const isTerminal = io.terminal.err
  const every = isTerminal ? PROGRESS_MS.terminal : PROGRESS_MS.pipe
  const started = monotonic()
  let told = started

  const refused = () => counts.conflicts + counts.invalid
  const wipe = () => isTerminal && io.err('\r\u001b[K')

  function state(): string {
    const seconds = Math.max(monotonic() - started, 1) / 1000
    const rate = Math.round(counts.lines / seconds)
    const kept = dryRun ? 'to import' : 'imported'
    return `${counts.lines} lines, ${rate}/s, ${counts.imported} ${kept}, ${counts.existing} there already, ${refused()} refused`
  }

  return {
    counts,

    refuse(line: number, outcome: 'conflict' | 'invalid', reason: string): void {
      counts[outcome === 'conflict' ? 'conflicts' : 'invalid'] += 1
      if (file !== undefined) writeSync(file, `${JSON.stringify({ line, outcome, reason })}\n`)
      if (refused() > MAX_TOLD) return
      wipe()
      io.err(`line ${line}: ${printable(reason)}\n`)
      if (refused() === MAX_TOLD) io.err('further lines that are refused are counted only\n')
    },

    /** Tells how far it is, where it is time to. */
    progress(): void {
      if (monotonic() - told < every) return
      told = monotonic()
      wipe()
      const line = isTerminal ? `${barOf(share())}${state()}` : `${state()}\n`
      io.err(isTerminal ? line.slice(0, io.terminal.columns - 1) : line)
    },

    /** Ends what stands on the terminal; the line that sums it up. */
    close(): string {
      wipe()
      if (file !== undefined) closeSync(file)
      return state()
    },
  }
}

function barOf(share: number | undefined): string {
  if (share === undefined) return ''
  const filled = Math.round(Math.min(share, 1) * BAR_CELLS)
  return `[${'#'.repeat(filled)}${' '.repeat(BAR_CELLS - filled)}] `
}
