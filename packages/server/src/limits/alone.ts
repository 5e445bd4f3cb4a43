import { StoreUnavailable } from '../errors.ts'
import type { LimitStore } from './store.ts'

/** It is over when the database answers so long after it last did not: it may answer now and then. */
const STEADY_MS = 1_000

/**
 * `store`, which tells when this node begins to count alone, since the database does not answer, and
 * when that is over. Both are noticed by an ask: while nobody comes, nothing is told.
 *
 * @param now Milliseconds of a clock that is never set back.
 */
export function tellAlone(
  store: LimitStore,
  now: () => number,
  tell: (alone: boolean) => void,
): LimitStore {
  let alone = false
  let failedAt = 0

  function change(to: boolean): void {
    alone = to
    tell(to)
  }

  return {
    async take(ask) {
      try {
        const taken = await store.take(ask)
        if (alone && now() - failedAt >= STEADY_MS) change(false)
        return taken
      } catch (error) {
        if (error instanceof StoreUnavailable) {
          failedAt = now()
          if (!alone) change(true)
        }
        throw error
      }
    },
  }
}
