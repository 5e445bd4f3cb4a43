import { endOfUser, type User, type UserStore } from '../../users/store.ts'
import { memoryRevocations } from './revocations.ts'
import { memorySessions } from './sessions.ts'

/** Users, their sessions, and what is left of those that have ended: one write changes all three. */
export function memorySessionStores() {
  const kept = new Map<string, User>()
  const revocations = memoryRevocations()
  const sessions = memorySessions(kept, revocations)
  const ids = { username: new Map<string, string>(), email: new Map<string, string>() }

  const users: UserStore = {
    async insert(user, session) {
      const { id, username, email } = user
      if (kept.has(id)) return false
      if (ids.username.has(username.canonical) || ids.email.has(email.canonical)) return false
      if (session !== undefined && !sessions.add(session)) return false
      kept.set(id, user)
      ids.username.set(username.canonical, id)
      ids.email.set(email.canonical, id)
      return true
    },

    get: async (id) => kept.get(id),

    async find(name) {
      const id = 'username' in name ? ids.username.get(name.username) : ids.email.get(name.email)
      return id === undefined ? undefined : kept.get(id)
    },

    list: async ({ after, active, limit }) =>
      [...kept.values()]
        .filter((user) => after === undefined || user.id < after)
        .filter((user) => active === undefined || user.active === active)
        .sort((a, b) => (a.id < b.id ? 1 : -1))
        .slice(0, limit),

    async setPassword(id, { from, to, at, keep }) {
      const user = kept.get(id)
      if (user === undefined || (from !== undefined && user.passwordHash !== from)) return false
      kept.set(id, { ...user, passwordHash: to, updatedAt: at })
      sessions.endAll(id, at, keep)
      return true
    },

    async setActive(id, change) {
      const user = kept.get(id)
      if (user === undefined || user.active === change.active) return false
      kept.set(id, { ...user, active: change.active, updatedAt: change.at })
      if (change.active) return true
      sessions.endAll(id, change.at)
      revocations.keep(endOfUser(id, change))
      return true
    },
  }
  return { users, sessions: sessions.store, revocations: revocations.store }
}
