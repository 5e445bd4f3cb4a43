import type { Revocation, RevocationStore } from '../../revocation/store.ts'

interface Kept extends Revocation {
  readonly position: number
}

export type MemoryRevocations = ReturnType<typeof memoryRevocations>

export function memoryRevocations() {
  const kept = new Map<string, Kept>()
  let next = 1

  /** Of two for the same value the one that refuses more stands, at a new position. */
  function keep(revocation: Revocation): void {
    // A kind holds no space.
    const id = `${revocation.kind} ${revocation.value}`
    const known = kept.get(id)
    const merged = known === undefined ? revocation : moreOf(known, revocation)
    if (merged === undefined) return
    // The order of the map is that of the positions.
    kept.delete(id)
    kept.set(id, { ...merged, position: next })
    next += 1
  }

  const store: RevocationStore = {
    async insert(revocation) {
      keep(revocation)
    },

    async read(from) {
      // Whoever has read what this process never had begins again.
      const begin = from > next ? 0 : from
      return {
        items: [...kept.values()].filter(({ position }) => position >= begin),
        horizon: next,
      }
    },

    async purge(before, limit) {
      let purged = 0
      for (const [id, { expiresAt }] of kept) {
        if (purged === limit) break
        if (expiresAt >= before) continue
        kept.delete(id)
        purged += 1
      }
      return purged
    },
  }
  return { store, keep }
}

/** Undefined when `known` already refuses all that `other` does. */
function moreOf(known: Revocation, other: Revocation): Revocation | undefined {
  const ofEarlier = (known.notBefore ?? 0) >= (other.notBefore ?? 0)
  const ofShorter = known.expiresAt >= other.expiresAt
  if (ofEarlier && ofShorter) return undefined
  return {
    ...other,
    notBefore: ofEarlier ? known.notBefore : other.notBefore,
    expiresAt: Math.max(known.expiresAt, other.expiresAt),
  }
}
