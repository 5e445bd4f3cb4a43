import timers from 'node:timers/promises'
import type { Logger } from 'pino'
import { RETRY_KEPT_MS, type TransactionStore } from './flows/transaction/store.ts'

const DAY_MS = 86_400_000
const BEFORE_FIRST_RUN_MS = 60_000
const BETWEEN_RUNS_MS = 600_000
/** One step shares a commit with the tokens that are being issued, so it stays small. */
const ROWS_PER_STEP = 200
const BETWEEN_STEPS_MS = 20

export interface RetentionDeps {
  transactions: TransactionStore
  retentionDays: number
  log: Logger
  now: () => number
}

/**
 * Drops what is older than it may be, in small steps, until `signal` aborts.
 *
 * Goes by the clock of the run before where that was earlier, and begins a while after the start: a
 * clock that is wrong for a moment must not cost all history.
 */
export async function keepRetention(deps: RetentionDeps, signal: AbortSignal): Promise<void> {
  let seen = deps.now()
  try {
    for (let pause = BEFORE_FIRST_RUN_MS; ; pause = BETWEEN_RUNS_MS) {
      await timers.setTimeout(pause, undefined, { signal, ref: false })
      const at = deps.now()
      const agreed = Math.min(seen, at)
      seen = at
      await purgeOnce({ ...deps, now: () => agreed }, signal).catch((err) =>
        deps.log.warn({ err }, 'purge failed'),
      )
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

/** Returns how many transactions were dropped. */
export async function purgeOnce(deps: RetentionDeps, signal?: AbortSignal): Promise<number> {
  const { transactions, retentionDays, log, now } = deps
  const before = now() - retentionDays * DAY_MS
  let total = 0
  for (let step = ROWS_PER_STEP; step === ROWS_PER_STEP && !signal?.aborted; ) {
    step = await transactions.purge(before, now() - RETRY_KEPT_MS, ROWS_PER_STEP)
    total += step
    if (step === ROWS_PER_STEP) await timers.setTimeout(BETWEEN_STEPS_MS)
  }
  if (total > 0) log.info({ transactions: total, retention_days: retentionDays }, 'purged')
  return total
}
