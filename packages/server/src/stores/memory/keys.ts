import type { KeyStore, StoredKey } from '../../keys/store.ts'

export function memoryKeys(): KeyStore {
  const keys = new Map<string, StoredKey>()
  let kept: string | undefined
  return {
    async insert(key) {
      const { alg, state } = key
      const isTaken = [...keys.values()].some((one) => one.alg === alg && one.state === state)
      if (keys.has(key.kid) || (isTaken && (state === 'active' || state === 'next'))) return false
      keys.set(key.kid, key)
      return true
    },
    list: async () => [...keys.values()].sort(oldestFirst),
    async keepMasterProof(proof) {
      kept ??= proof
      return kept
    },
  }
}

/** Not the order of the inserts: the clock may have been set back between two. */
const oldestFirst = (a: StoredKey, b: StoredKey): number =>
  a.createdAt - b.createdAt || (a.kid < b.kid ? -1 : 1)
