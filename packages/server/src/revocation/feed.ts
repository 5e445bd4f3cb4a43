import type { Revocation, RevocationPage } from './store.ts'

type Item = RevocationPage['items'][number]

/** Where a reader of the feed is. It holds on every node of one database. */
export interface FeedCursor {
  /** Everything before this position was told. */
  readonly position: number
  /** How many at this position and after it were told too. */
  readonly told: number
}

export const BEGINNING: FeedCursor = { position: 0, told: 0 }

export interface FeedPage {
  readonly items: readonly Revocation[]
  readonly next: FeedCursor
  /** Whether there is anything that the reader was not told. */
  readonly news: boolean
}

/**
 * Revocations in the order of their positions, as readers elsewhere are told of them. What stands
 * before the horizon is settled: it is told once. What stands after it is told at once too, and again
 * when it is settled, since an earlier one may still appear among it.
 */
export interface RevocationFeed {
  readonly horizon: number
  /** What was read from the horizon on; or from the beginning, where the horizon has gone back. */
  take(page: RevocationPage): void
  /**
   * At most `limit` that are settled, and where there are no more of those, all that are not. What
   * shares a position is never cut apart.
   */
  page(after: FeedCursor, limit: number): FeedPage
  /** Drops those that ended before `before`: epoch milliseconds. */
  drop(before: number): void
}

export function revocationFeed(): RevocationFeed {
  let settled: Item[] = []
  let others: readonly Item[] = []
  let horizon = 0

  return {
    get horizon() {
      return horizon
    },
    take({ items, horizon: reached }) {
      if (reached < horizon) settled = []
      for (const item of items) if (item.position < reached) settled.push(item)
      others = items.filter(({ position }) => position >= reached)
      horizon = reached
    },
    page({ position, told }, limit) {
      const begin = indexOf(settled, position)
      let end = Math.min(begin + limit, settled.length)
      while (end < settled.length && settled[end]?.position === settled[end - 1]?.position) end += 1
      const items = settled.slice(begin, end)
      const more = settled[end]
      if (more !== undefined) {
        return { items, next: { position: more.position, told: 0 }, news: true }
      }
      const next = { position: Math.max(position, horizon), told: others.length }
      return { items: items.concat(others), next, news: items.length > 0 || told !== others.length }
    },
    drop(before) {
      const kept = settled.filter(({ expiresAt }) => expiresAt >= before)
      if (kept.length < settled.length) settled = kept
    },
  }
}

/** Of the first item at `position` or after it. */
function indexOf(items: readonly Item[], position: number): number {
  let [low, high] = [0, items.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((items[middle] as Item).position < position) low = middle + 1
    else high = middle
  }
  return low
}
