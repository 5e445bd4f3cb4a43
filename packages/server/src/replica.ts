/**
 * What the database holds, in the memory of this process: how it is read, when it is read again, and
 * how long ago the database has confirmed it. Knows neither what is read nor when that is too old.
 */
import { randomInt } from 'node:crypto'
import timers from 'node:timers/promises'
import type { Logger } from 'pino'

/** Each pause is longer or shorter by up to this share: nodes must not read in step. */
const JITTER = 0.2

export interface ReplicaDeps<Rows> {
  /** What it holds, in the log. */
  name: string
  /** @throws {StoreUnavailable} */
  fetch: () => Promise<Rows>
  /** Makes what was fetched count here. */
  take: (rows: Rows) => void
  log: Logger
  /** Milliseconds of a clock that is never set back, and goes on while the process is stopped. */
  monotonic: () => number
}

export interface Replica<Rows> {
  /**
   * One reading that begins now; or after the one that is under way, which may have missed something.
   *
   * @throws {StoreUnavailable}
   */
  read(): Promise<Rows>
  /**
   * Reads when it was confirmed longer ago than `ms`, and never rejects. Who is told that the database
   * does not answer must not wait for it to say so again: nothing is read after a failure.
   */
  readIfOlder(ms: number): Promise<void>
  /** Milliseconds since the database has confirmed it; infinite before it has. */
  readonly ageMs: number
  /** The last reading has failed. */
  readonly failing: boolean
  /** Fulfils when the readings that are asked for are over. */
  settled(): Promise<void>
}

/** Holds nothing before it was read. */
export function replicaOf<Rows>(deps: ReplicaDeps<Rows>): Replica<Rows> {
  const { name, fetch, take, log, monotonic } = deps
  let confirmedAt = Number.NEGATIVE_INFINITY
  let failing = false
  let reading: Promise<Rows> | undefined
  let next: Promise<Rows> | undefined

  const ageMs = () => monotonic() - confirmedAt

  async function readOnce(): Promise<Rows> {
    // From before it was asked: what changes while the answer is on its way is not in it.
    const at = monotonic()
    try {
      const rows = await fetch()
      take(rows)
      confirmedAt = at
      if (failing) log.info(`${name} are read again`)
      failing = false
      return rows
    } catch (err) {
      if (!failing) log.error({ err }, `${name} cannot be read`)
      failing = true
      throw err
    }
  }

  function read(): Promise<Rows> {
    if (reading === undefined) {
      reading = readOnce().finally(() => {
        reading = undefined
      })
      return reading
    }
    next ??= reading
      .catch(() => {})
      .then(() => {
        next = undefined
        return read()
      })
    return next
  }

  return {
    read,
    async readIfOlder(ms) {
      const isDue = () => ageMs() > ms && !failing
      // One that is under way may be enough, or may fail.
      if (isDue()) await reading?.catch(() => {})
      if (isDue()) await read().catch(() => {})
    },
    get ageMs() {
      return ageMs()
    },
    get failing() {
      return failing
    },
    async settled() {
      await Promise.allSettled([reading, next])
    },
  }
}

/** Takes a turn again and again, after pauses of about `pauseMs`. Fulfils when `signal` has aborted. */
export async function poll(
  turn: () => Promise<void>,
  pauseMs: number,
  signal: AbortSignal,
): Promise<void> {
  const jitter = Math.round(pauseMs * JITTER)
  while (!signal.aborted) {
    const ms = pauseMs + randomInt(-jitter, jitter + 1)
    await timers.setTimeout(ms, undefined, { signal, ref: false }).catch(() => {})
    if (!signal.aborted) await turn()
  }
}
