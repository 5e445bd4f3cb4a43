/** What limits that all nodes share ask of a database. Its clock alone decides when a window ends. */
export interface LimitStore {
  /**
   * Adds `wanted` to what was taken in the window of a key, and begins one where none is. Asked once
   * at a time for each name and key.
   *
   * @throws {StoreUnavailable} Soon: somebody waits to be let through.
   */
  take(ask: LimitAsk): Promise<Taken>
}

export interface LimitAsk {
  readonly name: string
  readonly key: string
  readonly wanted: number
  readonly windowSeconds: number
}

export interface Taken {
  /** What all nodes have wanted in this window, this ask included: it may be more than the limit. */
  readonly used: number
  /** Until the window ends, from when the database began with the ask: it may be over by now. */
  readonly endsInMs: number
}
