import { type AttemptStore, delayAfter, REMEMBERED_MS } from '../../passwords/attempts.ts'

interface Tried {
  count: number
  /** When the next attempt is let through. */
  openAt: number
  forgottenAt: number
}

/**
 * Attempts of one process, without timers.
 *
 * @param monotonic Milliseconds of a clock that is never set back.
 * @param maxKeys How many are kept of each kind: the half that was counted last is never forgotten
 * before its time.
 */
export function memoryAttempts(monotonic: () => number, maxKeys = 100_000): AttemptStore {
  const tried = generations<Tried>(maxKeys)
  const remembered = generations<number>(maxKeys)

  function find(key: string, at: number): Tried | undefined {
    const known = tried.get(key)
    return known !== undefined && known.forgottenAt > at ? known : undefined
  }

  return {
    async take(key, policy) {
      const at = monotonic()
      const known = find(key, at) ?? { count: 0, openAt: at, forgottenAt: at + policy.windowMs }
      if (known.openAt > at) return known.openAt - at
      known.count += 1
      known.openAt = at + delayAfter(known.count, policy)
      tried.set(key, known)
      return 0
    },

    async giveBack(key) {
      const at = monotonic()
      const known = find(key, at)
      if (known === undefined) return
      known.count -= 1
      known.openAt = at
      if (known.count <= 0) tried.delete(key)
    },

    async reset(key) {
      tried.delete(key)
    },

    async remember(key) {
      remembered.set(key, monotonic() + REMEMBERED_MS)
    },

    async remembers(key) {
      return (remembered.get(key) ?? 0) > monotonic()
    },

    purge: async () => 0,
  }
}

/**
 * A map of at most `maxKeys`. When half of them are new, the other half is let go at once: looking
 * for the oldest key in a map walks over every one that was deleted before it.
 */
function generations<T>(maxKeys: number) {
  let young = new Map<string, T>()
  let old = new Map<string, T>()
  return {
    get: (key: string): T | undefined => young.get(key) ?? old.get(key),
    set(key: string, value: T): void {
      if (young.size >= maxKeys / 2 && !young.has(key)) {
        old = young
        young = new Map()
      }
      young.set(key, value)
    },
    delete(key: string): void {
      young.delete(key)
      old.delete(key)
    },
  }
}
