import {
  type KeyStep,
  type KeyStore,
  RETIRING_MARGIN_MS,
  type StoredKey,
} from '../../keys/store.ts'

export function memoryKeys(): KeyStore {
  let keys = new Map<string, StoredKey>()
  let kept: string | undefined

  const isFree = ({ kid, alg, state }: StoredKey, all = keys) =>
    (state !== 'active' && state !== 'next') ||
    ![...all.values()].some((one) => one.alg === alg && one.state === state && one.kid !== kid)

  return {
    async insert(key) {
      if (keys.has(key.kid) || !isFree(key)) return false
      keys.set(key.kid, key)
      return true
    },
    list: async () => [...keys.values()].sort(oldestFirst),
    async advance(...steps) {
      const changed = new Map(keys)
      for (const step of steps) {
        const key = changed.get(step.kid)
        if (key === undefined || !isAsDemanded(key, step)) return false
        const after = become(key, step)
        if (!isFree(after, changed)) return false
        changed.set(key.kid, after)
      }
      keys = changed
      return true
    },
    async stretch(alg, { lifeSeconds, waitMs }) {
      for (const key of keys.values()) {
        if (key.alg !== alg || (key.state !== 'active' && key.state !== 'next')) continue
        const { createdAt, dueAt } = key
        keys.set(key.kid, {
          ...key,
          lifeSeconds: Math.max(key.lifeSeconds, lifeSeconds),
          dueAt: dueAt === undefined ? undefined : Math.max(dueAt, createdAt + waitMs),
        })
      }
    },
    async purge(before) {
      const old = [...keys.values()].filter(
        ({ state, stateAt }) => state === 'retired' && stateAt < before,
      )
      for (const { kid } of old) keys.delete(kid)
      return old.length
    },
    async keepMasterProof(proof) {
      kept ??= proof
      return kept
    },
  }
}

const isAsDemanded = ({ state, dueAt }: StoredKey, { from, at, whenDue = false }: KeyStep) =>
  state === from && (!whenDue || (dueAt !== undefined && dueAt <= at))

function become(key: StoredKey, { to: state, at }: KeyStep): StoredKey {
  const dates = { state, stateAt: at, dueAt: undefined }
  if (state === 'retired') return { ...key, ...dates, sealed: undefined }
  if (state !== 'retiring') return { ...key, ...dates }
  return { ...key, ...dates, dueAt: at + key.lifeSeconds * 1000 + RETIRING_MARGIN_MS }
}

/** Not the order of the inserts: the clock may have been set back between two. */
const oldestFirst = (a: StoredKey, b: StoredKey): number =>
  a.createdAt - b.createdAt || (a.kid < b.kid ? -1 : 1)
