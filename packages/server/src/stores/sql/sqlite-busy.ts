const SQLITE_BUSY = 5
/** Never woken: waiting on it is how a thread sleeps. */
const asleep = new Int32Array(new SharedArrayBuffer(4))

/**
 * Does `work` as soon as no other process holds the lock it needs, asking every millisecond. SQLite's
 * own busy handler soon asks only every 100, and then never meets the short moments between the
 * commits of a busy neighbour; turning to the write-ahead log does not wait at all.
 *
 * @throws What `work` throws, when the file is still locked after `timeoutMs`.
 */
export function whenFree(timeoutMs: number, work: () => void): void {
  for (const until = performance.now() + timeoutMs; ; ) {
    try {
      work()
      return
    } catch (error) {
      const busy = (error as { errcode?: number }).errcode === SQLITE_BUSY
      if (!busy || performance.now() > until) throw error
      Atomics.wait(asleep, 0, 0, 1)
    }
  }
}
