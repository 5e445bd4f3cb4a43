/** What one node does for all of them. Absence of the others is not known, only waited for. */
export interface DutyStore {
  /**
   * True for one node at a time: the duty is its own until `claim.until`, and until then it may claim
   * it again. A node that is gone is followed by another when its time is over.
   */
  claim(claim: DutyClaim): Promise<boolean>
}

export interface DutyClaim {
  readonly duty: 'purge' | 'keys'
  /** Made anew by each process. */
  readonly node: string
  /** Epoch milliseconds, by the clock of the node. */
  readonly claimedAt: number
  readonly until: number
}

/** Who claims until later than we would by more than this, has a clock that is wrong: nobody waits for it. */
export const CLOCKS_APART_MS = 60_000
