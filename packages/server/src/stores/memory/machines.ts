import type { AssertionStore, UseStore } from '../../flows/machine/store.ts'

interface Ending {
  readonly expiresAt: number
}

export function memoryAssertions(): AssertionStore {
  const used = new Map<string, Ending>()
  return {
    async consume(issuer, jtiSha256, expiresAt) {
      // No name of a client has a space.
      const key = `${issuer} ${jtiSha256}`
      if (used.has(key)) return false
      used.set(key, { expiresAt })
      return true
    },
    purge: async (before, limit) => purge(used, before, limit),
  }
}

export function memoryUses(): UseStore {
  const uses = new Map<string, Ending & { count: number }>()
  return {
    async use(jti, maxUses, expiresAt) {
      const kept = uses.get(jti)
      if (kept === undefined) uses.set(jti, { count: 1, expiresAt })
      else if (kept.count >= maxUses) return false
      else kept.count += 1
      return true
    },
    purge: async (before, limit) => purge(uses, before, limit),
  }
}

/** The oldest first. */
function purge(kept: Map<string, Ending>, before: number, limit: number): number {
  const ended = [...kept].filter(([, { expiresAt }]) => expiresAt < before)
  ended.sort(([, a], [, b]) => a.expiresAt - b.expiresAt)
  const dropped = ended.slice(0, limit)
  for (const [key] of dropped) kept.delete(key)
  return dropped.length
}
