import { StoreUnavailable } from '../../errors.ts'

interface Waiting<Write> {
  write: Write
  resolve(changed: number): void
  reject(reason: unknown): void
}

interface GroupCommitOptions {
  /** Writes that may wait at once; one more is refused. */
  maxWaiting: number
  /** Writes in one commit at most. */
  maxBatch: number
  /** Writes that are enough for a second commit while one is in flight. */
  enough: number
  /** Milliseconds after which an unanswered commit counts as failed, for all that wait on it. */
  timeoutMs: number
}

/** One is on the disk while the next is on its way: more would only make the batches smaller. */
const MAX_IN_FLIGHT = 2

/**
 * Writes that wait together are committed together: one transaction, one disk sync, then all of
 * them are answered. There is no timer to gather them: what arrives while the disk is busy is the
 * next commit, so that batches grow just as large as the disk is slow. A second commit may be sent
 * before the first is answered, once it is worth a sync of its own; the disk then works while the
 * event loop answers, and neither waits for the other.
 */
export function groupCommit<Write>(
  commit: (batch: Write[]) => Promise<readonly number[]>,
  { maxWaiting, maxBatch, enough, timeoutMs }: GroupCommitOptions,
) {
  let waiting: Waiting<Write>[] = []
  let scheduled = false
  let inFlight = 0
  /** Commits in flight that have not been answered in time. */
  let late = 0
  const idle: (() => void)[] = []

  const mayFlush = () =>
    waiting.length > 0 && (inFlight === 0 || (inFlight < MAX_IN_FLIGHT && waiting.length >= enough))

  function flush(): void {
    scheduled = false
    if (!mayFlush()) return
    const batch = waiting.slice(0, maxBatch)
    waiting = waiting.slice(maxBatch)
    inFlight += 1
    // The disk may never answer. Then nobody waits for it longer than this; what was sent may
    // still be kept, and a client that asks again with the same xid finds out.
    let inTime = true
    const timer = setTimeout(() => {
      inTime = false
      late += 1
      refuse(batch.concat(waiting), new StoreUnavailable('the commit was not answered in time'))
      waiting = []
    }, timeoutMs)

    function answered(): void {
      clearTimeout(timer)
      if (!inTime) late -= 1
      inFlight -= 1
      // Before the answers are written: the disk need not wait for that.
      flush()
      if (inFlight === 0) for (const done of idle.splice(0)) done()
    }
    commit(batch.map((entry) => entry.write)).then(
      (changed) => {
        answered()
        for (const [i, entry] of batch.entries()) entry.resolve(changed[i] as number)
      },
      (reason) => {
        answered()
        refuse(batch, reason)
      },
    )
  }

  return {
    /** Fulfils with the number of rows that `write` changed, once they are durable. */
    add(write: Write): Promise<number> {
      if (late > 0 || waiting.length >= maxWaiting) {
        return Promise.reject(new StoreUnavailable('too many writes are waiting'))
      }
      return new Promise((resolve, reject) => {
        waiting.push({ write, resolve, reject })
        if (waiting.length >= enough && mayFlush()) flush()
        else if (!scheduled && inFlight === 0) {
          scheduled = true
          // Not at once: what the event loop has read in this turn joins the same commit.
          setImmediate(flush)
        }
      })
    },

    /** Fulfils when everything that was added has been answered. */
    async drained(): Promise<void> {
      if (inFlight === 0 && waiting.length === 0) return
      await new Promise<void>((resolve) => idle.push(resolve))
    },
  }
}

function refuse(batch: readonly Waiting<unknown>[], reason: unknown): void {
  for (const entry of batch) entry.reject(reason)
}
