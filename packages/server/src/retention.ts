import timers from 'node:timers/promises'
import type { Logger } from 'pino'
import type { DutyStore } from './duties.ts'
import type { SessionStore } from './flows/session/store.ts'
import { RETRY_KEPT_MS, type TransactionStore } from './flows/transaction/store.ts'
import type { AttemptStore } from './passwords/attempts.ts'
import type { RevocationStore } from './revocation/store.ts'

const DAY_MS = 86_400_000
/** Kept for so long after it has ended: whoever checks a token may have a clock that is behind. */
const ENDED_KEPT_MS = 3_600_000
const BEFORE_FIRST_RUN_MS = 60_000
const BETWEEN_RUNS_MS = 600_000
/** One step shares a commit with the tokens that are being issued, so it stays small. */
const ROWS_PER_STEP = 200
const BETWEEN_STEPS_MS = 20

/** How long another node waits for the one that has begun; so that of all, one runs every ten minutes. */
const HELD_MS = 540_000

/** What is dropped: one step of it, when it is `at` for them. */
const PURGES = {
  transactions: ({ transactions, retentionDays }, at) =>
    transactions.purge(at - retentionDays * DAY_MS, at - RETRY_KEPT_MS, ROWS_PER_STEP),
  sessions: ({ sessions }, at) => sessions.purge(at - ENDED_KEPT_MS, ROWS_PER_STEP),
  revocations: ({ revocations }, at) => revocations.purge(at - ENDED_KEPT_MS, ROWS_PER_STEP),
  attempts: ({ attempts }, at) => attempts.purge(at, ROWS_PER_STEP),
} as const satisfies Record<string, (deps: RetentionDeps, at: number) => Promise<number>>

export interface RetentionDeps {
  transactions: Pick<TransactionStore, 'purge'>
  sessions: Pick<SessionStore, 'purge'>
  revocations: Pick<RevocationStore, 'purge'>
  attempts: Pick<AttemptStore, 'purge'>
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
 * Returns how many rows of each kind were dropped, of those of which there were any.
 *
 * @param at What time it is for them: epoch milliseconds.
 */
export async function purgeOnce(
  deps: RetentionDeps,
  signal?: AbortSignal,
  at = deps.now(),
): Promise<Partial<Record<keyof typeof PURGES, number>>> {
  const { duties, node, retentionDays, log, now } = deps
  const claim = () =>
    duties.claim({ duty: 'purge', node, claimedAt: now(), until: now() + HELD_MS })
  const dropped: Record<string, number> = {}
  for (const [kind, purge] of Object.entries(PURGES)) {
    for (let step = ROWS_PER_STEP; step === ROWS_PER_STEP && !signal?.aborted; ) {
      if (!(await claim())) break
      step = await purge(deps, at)
      if (step > 0) dropped[kind] = (dropped[kind] ?? 0) + step
      if (step === ROWS_PER_STEP) await timers.setTimeout(BETWEEN_STEPS_MS)
    }
  }
  if (Object.keys(dropped).length > 0)
    log.info({ ...dropped, retention_days: retentionDays }, 'purged')
  return dropped
}
