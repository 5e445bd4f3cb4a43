import type { ApiKey, ApiKeyStore } from '../../api-keys/store.ts'

export function memoryApiKeys(): ApiKeyStore {
  const keys = new Map<string, ApiKey>()
  const customers = new Set<string>()
  return {
    async insert(key) {
      if (keys.has(key.id)) return false
      keys.set(key.id, key)
      return true
    },
    get: async (id) => keys.get(id),
    list: async ({ after, limit }) =>
      [...keys.values()]
        .filter((key) => after === undefined || oldestFirst(after, key) < 0)
        .sort(oldestFirst)
        .slice(0, limit),
    remove: async (id) => keys.delete(id),
    async keepCustomer(id) {
      customers.add(id)
    },
    hasCustomer: async (id) => customers.has(id),
  }
}

type Position = Pick<ApiKey, 'createdAt' | 'id'>

/** Not the order of the inserts: the clock may have been set back between two. */
const oldestFirst = (a: Position, b: Position): number =>
  a.createdAt - b.createdAt || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
