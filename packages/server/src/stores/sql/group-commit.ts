import { StoreUnavailable } from '../../errors.ts'

interface Waiting<Write, Result> {
  write: Write
  resolve(result: Result): void
  reject(reason: unknown): void
}

interface GroupCommitOptions {
  /** Writes that may wait at once; one more is refused. */
  maxWaiting: number
  /** Writes in one commit at most. */
  maxBatch: number
  /** Milliseconds after which an unanswered commit counts as failed, for all that wait on it. */
  timeoutMs: number
}

/**
 * Writes that wait together are committed together: one transaction, one disk sync, then all of
 * them are answered. There is no timer to gather them. At most one commit is in flight, and what
 * arrives meanwhile is the next one, so that batches grow just as large as the disk is slow.
 */
export function groupCommit<Write, Result = number>(
  commit: (batch: Write[]) => Promise<readonly Result[]>,
  { maxWaiting, maxBatch, timeoutMs }: GroupCommitOptions,
) {
  let waiting: Waiting<Write, Result>[] = []
  let scheduled = false
  let inFlight = false
  /** Whether the commit in flight has not been answered in time. */
  let late = false
  const idle: (() => void)[] = []

  function flush(): void {
    scheduled = false
    if (inFlight || waiting.length === 0) return
    const batch = waiting.slice(0, maxBatch)
    waiting = waiting.slice(maxBatch)
    inFlight = true
    // The disk may never answer. Then nobody waits for it longer than this; what was sent may
    // still be kept, and a client that asks again with the same xid finds out.
    const timer = setTimeout(() => {
      late = true
      refuse(batch.concat(waiting), new StoreUnavailable('the commit was not answered in time'))
      waiting = []
    }, timeoutMs)

    function answered(): void {
      clearTimeout(timer)
      late = false
      inFlight = false
      // Before the answers are written: the disk need not wait for that.
      flush()
      if (!inFlight) for (const done of idle.splice(0)) done()
    }
    commit(batch.map((entry) => entry.write)).then(
      (results) => {
        answered()
        for (const [i, entry] of batch.entries()) entry.resolve(results[i] as Result)
      },
      (reason) => {
        answered()
        refuse(batch, reason)
      },
    )
  }

  return {
    /** Fulfils with what `commit` says of `write`: the number of rows that it changed, durably. */
    add(write: Write): Promise<Result> {
      if (late) return Promise.reject(new StoreUnavailable('the commit is not answered'))
      if (waiting.length >= maxWaiting) {
        return Promise.reject(new StoreUnavailable('too many writes are waiting'))
      }
      return new Promise((resolve, reject) => {
        waiting.push({ write, resolve, reject })
        if (scheduled || inFlight) return
        scheduled = true
        // Not at once: what the event loop has read in this turn joins the same commit.
        setImmediate(flush)
      })
    },

    /** Fulfils when everything that was added has been answered. */
    async drained(): Promise<void> {
      if (!inFlight && waiting.length === 0) return
      await new Promise<void>((resolve) => idle.push(resolve))
    },
  }
}

function refuse(
  batch: readonly Pick<Waiting<unknown, unknown>, 'reject'>[],
  reason: unknown,
): void {
  for (const entry of batch) entry.reject(reason)
}
