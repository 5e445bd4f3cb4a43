import { type Client, type ClientStore, MAX_KEYS, type WholeClient } from '../../clients/store.ts'

/** Everything in this process, gone with it. For tests and a first look. */
export function memoryClients(): ClientStore {
  const clients = new Map<string, WholeClient>()

  const own = (customerId: string, id: string) => {
    const client = clients.get(id)
    return client?.customerId === customerId ? client : undefined
  }

  return {
    async insert(client) {
      if (clients.has(client.id)) return false
      clients.set(client.id, client)
      return true
    },

    find: async (id) => clients.get(id),
    get: async (customerId, id) => own(customerId, id),

    list: async ({ customerId, after, limit }) =>
      [...clients.values()]
        .filter((client) => client.customerId === customerId)
        .filter((client) => after === undefined || oldestFirst(after, client) < 0)
        .sort(oldestFirst)
        .slice(0, limit)
        .map(({ keys, ...client }) => client),

    async update(customerId, id, change, at) {
      const client = own(customerId, id)
      if (client === undefined) return false
      const changed = { ...client, ...change, updatedAt: at }
      if (changed.notBeforeSeconds >= changed.lifetimeSeconds) return false
      clients.set(id, changed)
      return true
    },

    remove: async (customerId, id) => own(customerId, id) !== undefined && clients.delete(id),

    async addKey(customerId, id, key) {
      const client = own(customerId, id)
      if (client === undefined || client.keys.length >= MAX_KEYS) return false
      const isThere = client.keys.some(
        ({ kid, thumbprint }) => kid === key.kid || thumbprint === key.thumbprint,
      )
      if (isThere) return false
      clients.set(id, { ...client, keys: [...client.keys, key], updatedAt: key.createdAt })
      return true
    },

    async removeKey(customerId, id, kid, at) {
      const client = own(customerId, id)
      const keys = client?.keys.filter((key) => key.kid !== kid) ?? []
      if (client === undefined || keys.length === 0 || keys.length === client.keys.length) {
        return false
      }
      clients.set(id, { ...client, keys, updatedAt: at })
      return true
    },
  }
}

type Position = Pick<Client, 'createdAt' | 'id'>

/** Not the order of the inserts: the clock may have been set back between two. */
const oldestFirst = (a: Position, b: Position): number =>
  a.createdAt - b.createdAt || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
