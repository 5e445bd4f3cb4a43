import { BEGINNING, type FeedCursor, type FeedPage } from './feed.ts'
import type { Revocations } from './revocations.ts'

export interface FeedAsk {
  /** `next` of the page before; undefined for everything. */
  readonly after?: FeedCursor | undefined
  readonly limit: number
  /** Aborts when nobody waits for news any more; at once for who does not want to wait. */
  readonly over: AbortSignal
}

export interface FeedAnswer extends FeedPage {
  /** Everything that was revoked until then is told when there are no more pages: epoch milliseconds. */
  readonly asOf: number
}

/** What guards elsewhere are told of what is revoked. Asks the memory of this process. */
export function revocationService(revocations: Revocations) {
  /**
   * One that is ahead of us comes from another node, which has read a moment later; or from what this
   * database was before it was restored or begun anew: then the reader is told everything again.
   */
  async function understood(after: FeedCursor): Promise<FeedCursor> {
    const { feed } = revocations
    if (after.position > feed.horizon) await revocations.catchUp()
    return after.position > feed.horizon ? BEGINNING : after
  }

  return {
    /**
     * What the reader was not told yet. When there is nothing, waits for news until `over` aborts.
     *
     * @throws {ServiceError} `revocations_stale`.
     * @throws {StoreUnavailable} When only the database knows whether a cursor is one of its own.
     */
    async read({ after = BEGINNING, limit, over }: FeedAsk): Promise<FeedAnswer> {
      const cursor = await understood(after)
      for (let waiting = true; ; ) {
        await revocations.confirmed()
        const page = revocations.feed.page(cursor, limit)
        if (page.news || !waiting) return { ...page, asOf: revocations.asOf }
        waiting = await revocations.news(over)
      }
    },
  }
}

export type RevocationService = ReturnType<typeof revocationService>
