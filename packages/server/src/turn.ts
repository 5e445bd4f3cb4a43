/**
 * Requests that were read together are answered together: each step is done for all of them before
 * the next one is begun. Reading, checking a signature and writing are more code than the caches of a
 * processor hold, and a client on many connections is woken once, not for each answer.
 */
let waiting: Promise<void> | undefined

/**
 * Fulfils when the event loop has read whatever has arrived until now, for all who wait at once. Waits
 * for no timer.
 */
export function endOfTurn(): Promise<void> {
  waiting ??= new Promise((resolve) => {
    setImmediate(() => {
      waiting = undefined
      resolve()
    })
  })
  return waiting
}
