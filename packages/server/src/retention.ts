import timers from 'node:timers/promises'
import type { Logger } from 'pino'
import type { DutyStore } from './duties.ts'
import { RETRY_KEPT_MS, type TransactionStore } from './flows/transaction/store.ts'

const DAY_MS = 86_400_000
const BEFORE_FIRST_RUN_MS = 60_000
const BETWEEN_RUNS_MS = 600_000
/** One step shares a commit with the tokens that are being issued, so it stays small. */
const ROWS_PER_STEP = 200
const BETWEEN_STEPS_MS = 20

/** How long another node waits for the one that has begun; so that of all, one runs every ten minutes. */
const HELD_MS = 540_000

export interface RetentionDeps {
  transactions: TransactionStore
  duties: DutyStore
  /** Who this node is among those of one database. */
  node: string
  retentionDays: number
  log: Logger
  now: () => number
}

/**
 * Drops what is older than it may be, in small steps, until `signal` aborts. Of several nodes one does
 * it; if that ends in the middle, another goes on where it was.
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
      await purgeOnce(deps, signal, agreed).catch((err) => deps.log.warn({ err }, 'purge failed'))
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

/**
 * Returns how many transactions were dropped.
 *
 * @param at What time it is for them: epoch milliseconds.
 */
export async function purgeOnce(
  deps: RetentionDeps,
  signal?: AbortSignal,
  at = deps.now(),
): Promise<number> {
  const { transactions, duties, node, retentionDays, log, now } = deps
  const before = at - retentionDays * DAY_MS
  const claim = () =>
    duties.claim({ duty: 'purge', node, claimedAt: now(), until: now() + HELD_MS })
  let total = 0
  for (let step = ROWS_PER_STEP; step === ROWS_PER_STEP && !signal?.aborted; ) {
    if (!(await claim())) break
    step = await transactions.purge(before, at - RETRY_KEPT_MS, ROWS_PER_STEP)
    total += step
    if (step === ROWS_PER_STEP) await timers.setTimeout(BETWEEN_STEPS_MS)
  }
  if (total > 0) log.info({ transactions: total, retention_days: retentionDays }, 'purged')
  return total
}
