import { StoreUnavailable } from '../errors.ts'
import type { Rate } from '../settings-kinds.ts'
import { type Limiter, policyOf, secondsUntil, type Verdict } from './limiter.ts'
import type { LimitStore } from './store.ts'
import { boundedWindows } from './windows.ts'

/** Of what is left in a window a node takes this share at once, and then asks nobody until it is spent. */
const SHARE = 0.1

interface Window {
  endsAt: number
  /** What all nodes have taken, as last told. */
  used: number
  /** Taken and not spent here. Below 0: spent while the database did not answer, and owed to it. */
  left: number
}

/** Who waits for one key: they ask together. */
interface Queue {
  wanted: number
  waiting: number
  /** Fulfils with whether the database has answered. */
  asking: Promise<boolean> | undefined
}

/**
 * Counts for all nodes of one database. A node takes some of what is left of a key's limit, spends it
 * in memory, and asks again when it is spent; once all is used up it refuses by itself until the
 * window ends. So all nodes together never let through more than `rate.limit`, and refuse a little
 * early where another node has taken what it does not spend.
 *
 * While the database does not answer, each node goes on from what it was told last, and lets through
 * what is left by that: never more than the limit.
 *
 * @param now Milliseconds of a clock that is never set back.
 */
export function sharedLimiter(
  name: string,
  rate: Rate,
  store: LimitStore,
  now: () => number,
): Limiter {
  const { limit, windowSeconds } = rate
  const windows = boundedWindows<Window>()
  const queues = new Map<string, Queue>()

  const verdict = (allowed: boolean, { used, left, endsAt }: Window, at: number): Verdict => ({
    allowed,
    remaining: Math.max(0, Math.max(0, limit - used) + left),
    resetSeconds: secondsUntil(endsAt, at),
  })

  /** Undefined when only the database knows. */
  function spend(window: Window, count: number, at: number): Verdict | undefined {
    const known = count > 0 ? window.left >= count : window.left > 0 || window.used < limit
    if (!known && window.used < limit) return undefined
    if (known) window.left -= count
    return verdict(known, window, at)
  }

  function spendAlone(key: string, count: number, at: number): Verdict {
    const fresh = { endsAt: at + windowSeconds * 1000, used: 0, left: 0 }
    const window = windows.get(key, at) ?? windows.begin(key, fresh, at)
    const allowed = window.used - window.left + count <= limit
    if (allowed) window.left -= count
    return verdict(allowed, window, at)
  }

  async function ask(key: string, queue: Queue): Promise<boolean> {
    const at = now()
    const { used = 0, left = 0 } = windows.get(key, at) ?? {}
    const share = Math.floor((limit - used) * SHARE)
    // A look takes nothing.
    const wanted = queue.wanted && Math.max(share, queue.wanted) - Math.min(0, left)
    try {
      const taken = await store.take({ name, key, wanted, windowSeconds })
      // From before it was asked, so that nothing is spent here after its window has ended there. An
      // answer that took longer than the window lasts is of no use: it is asked again.
      const endsAt = at + taken.endsInMs
      const window =
        windows.get(key, now()) ?? windows.begin(key, { endsAt, used: 0, left: 0 }, now())
      window.left += Math.max(0, Math.min(wanted, limit - (taken.used - wanted)))
      window.used = taken.used
      window.endsAt = endsAt
      return true
    } catch (error) {
      if (error instanceof StoreUnavailable) return false
      throw error
    }
  }

  async function wait(key: string, count: number): Promise<Verdict> {
    const queue = queues.get(key) ?? { wanted: 0, waiting: 0, asking: undefined }
    queues.set(key, queue)
    queue.wanted += count
    queue.waiting += 1
    try {
      for (;;) {
        queue.asking ??= ask(key, queue).finally(() => {
          queue.asking = undefined
        })
        const answered = await queue.asking
        const at = now()
        const window = windows.get(key, at)
        const decided = window && spend(window, count, at)
        if (decided !== undefined) return decided
        if (!answered) return spendAlone(key, count, at)
      }
    } finally {
      queue.wanted -= count
      queue.waiting -= 1
      if (queue.waiting === 0) queues.delete(key)
    }
  }

  return {
    name,
    rate,
    policy: policyOf(name, rate),
    take(key, count = 1) {
      const at = now()
      const window = windows.get(key, at)
      return (window && spend(window, count, at)) ?? wait(key, count)
    },
  }
}
