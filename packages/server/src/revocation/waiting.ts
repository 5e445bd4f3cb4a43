/** Who waits for news. */
export interface WaitingRoom {
  readonly size: number
  /**
   * Fulfils with true at the next `wake`; with false when `over` aborts, when the room closes, or when
   * somebody else needs the place.
   */
  wait(over: AbortSignal): Promise<boolean>
  wake(): void
  /** From now on nobody waits. */
  close(): void
}

/** For `places` at a time: who comes then takes the place of the one that has waited longest. */
export function waitingRoom(places: number): WaitingRoom {
  const waiting = new Set<(news: boolean) => void>()
  let closed = false

  function leaveAll(news: boolean): void {
    for (const leave of [...waiting]) leave(news)
  }

  return {
    get size() {
      return waiting.size
    },
    wait(over) {
      if (closed || over.aborted) return Promise.resolve(false)
      const { promise, resolve } = Promise.withResolvers<boolean>()
      const leave = (news: boolean) => {
        waiting.delete(leave)
        over.removeEventListener('abort', end)
        resolve(news)
      }
      const end = () => leave(false)
      const [longest] = waiting
      if (waiting.size >= places) longest?.(false)
      waiting.add(leave)
      over.addEventListener('abort', end)
      return promise
    },
    wake: () => leaveAll(true),
    close() {
      closed = true
      leaveAll(false)
    },
  }
}
