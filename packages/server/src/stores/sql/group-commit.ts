import { StoreUnavailable } from '../../errors.ts'

interface Waiting<Write, Result> {
  write: Write
  /** Milliseconds of a clock that is never set back. */
  since: number
  resolve(result: Result): void
  reject(reason: unknown): void
}

interface GroupCommitOptions {
  /** Writes that may wait at once; one more is refused. */
  maxWaiting: number
  /** Writes in one commit at most. */
  maxBatch: number
  /** Milliseconds for the longest that a write waits: then its commit counts as failed, for all in it. */
  timeoutMs: number
  /** Commits at once, 1 by default. */
  maxInFlight?: number
  /** Milliseconds after which a commit is slow, and the next may begin beside it. Default 0. */
  patienceMs?: number
}

/**
 * Writes that wait together are committed together: one transaction, one disk sync, then all of
 * them are answered. There is no timer to gather them. A bounded number of commits is in flight, and
 * what arrives meanwhile is the next one, so that batches grow just as large as the disk is slow.
 *
 * @param commit Fulfils with an answer for each write: the rows it changed, or why it failed alone.
 */
export function groupCommit<Write, Result = number>(
  commit: (batch: Write[]) => Promise<readonly (Result | StoreUnavailable)[]>,
  { maxWaiting, maxBatch, timeoutMs, maxInFlight = 1, patienceMs = 0 }: GroupCommitOptions,
) {
  let waiting: Waiting<Write, Result>[] = []
  let scheduled = false
  let inFlight = 0
  /** How many of those are slow. */
  let slow = 0
  /** How many have not been answered in time. */
  let late = 0
  const idle: (() => void)[] = []

  // While one is quick, two smaller ones would cost more and be no sooner; a full one grows no larger.
  const isBusy = () => inFlight === maxInFlight || (slow < inFlight && waiting.length < maxBatch)

  function flush(): void {
    scheduled = false
    if (isBusy() || waiting.length === 0) return
    const batch = waiting.slice(0, maxBatch)
    waiting = waiting.slice(maxBatch)
    inFlight += 1
    let inTime = true
    const waited = performance.now() - (batch[0]?.since as number)
    // The disk may never answer. Then nobody waits for it longer than this; what was sent may
    // still be kept, and a client that asks again with the same xid finds out.
    const timer = setTimeout(() => {
      inTime = false
      late += 1
      const reason = new StoreUnavailable('the commit was not answered in time')
      refuse(batch, reason)
      if (late < maxInFlight) return
      refuse(waiting, reason)
      waiting = []
    }, timeoutMs - waited)
    let isSlow = patienceMs === 0
    if (isSlow) slow += 1
    const growSlow = () => {
      isSlow = true
      slow += 1
      flush()
    }
    const patience = isSlow ? undefined : setTimeout(growSlow, patienceMs)

    function answered(): void {
      clearTimeout(timer)
      clearTimeout(patience)
      if (isSlow) slow -= 1
      if (!inTime) late -= 1
      inFlight -= 1
      // Before the answers are written: the disk need not wait for that.
      flush()
      if (inFlight === 0) for (const done of idle.splice(0)) done()
    }
    commit(batch.map((entry) => entry.write)).then(
      (answers) => {
        answered()
        for (const [i, entry] of batch.entries()) {
          const answer = answers[i] as Result | StoreUnavailable
          if (answer instanceof StoreUnavailable) entry.reject(answer)
          else entry.resolve(answer)
        }
      },
      (reason) => {
        answered()
        refuse(batch, reason)
      },
    )
    // More than one batch may hold has arrived, and another commit is free.
    if (waiting.length > 0) flush()
  }

  return {
    /** Fulfils with what `commit` says of `write`: the number of rows that it changed, durably. */
    add(write: Write): Promise<Result> {
      if (late === maxInFlight)
        return Promise.reject(new StoreUnavailable('the commit is not answered'))
      if (waiting.length >= maxWaiting) {
        return Promise.reject(new StoreUnavailable('too many writes are waiting'))
      }
      return new Promise((resolve, reject) => {
        waiting.push({ write, since: performance.now(), resolve, reject })
        if (scheduled || isBusy()) return
        scheduled = true
        // Not at once: what the event loop has read in this turn joins the same commit.
        setImmediate(flush)
      })
    },

    /** Fulfils when everything that was added has been answered. */
    async drained(): Promise<void> {
      if (inFlight === 0 && waiting.length === 0) return
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
