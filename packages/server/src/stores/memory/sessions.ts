import type { PasswordProof, SessionStore } from '../../flows/session/store.ts'
import type { Session, User } from '../../users/store.ts'
import type { MemoryRevocations } from './revocations.ts'

export type MemorySessions = ReturnType<typeof memorySessions>

/** @param users By id, shared with the store of users. */
export function memorySessions(users: Map<string, User>, revocations: MemoryRevocations) {
  const kept = new Map<string, Session>()

  function add(session: Session): boolean {
    if (kept.has(session.id)) return false
    kept.set(session.id, session)
    return true
  }

  /** One that is open, of this generation and not over. */
  function current(id: string, generation: number, at: number): Session | undefined {
    const known = kept.get(id)
    if (known === undefined || known.endedAt !== undefined || known.expiresAt <= at)
      return undefined
    return known.generation === generation ? known : undefined
  }

  function end(session: Session, at: number): void {
    kept.set(session.id, { ...session, endedAt: at })
    revocations.keep({
      kind: 'sid',
      value: session.id,
      notBefore: undefined,
      revokedAt: at,
      expiresAt: session.tokensUntil,
    })
  }

  function endAll(userId: string, at: number, keep?: string): number {
    const open = [...kept.values()].filter(
      (session) =>
        session.userId === userId && session.endedAt === undefined && session.id !== keep,
    )
    for (const session of open) end(session, at)
    return open.length
  }

  const store: SessionStore = {
    async open(session, proof) {
      const user = users.get(session.userId)
      if (!isProven(user, proof) || !add(session)) return false
      const passwordHash = proof.rehashed ?? proof.passwordHash
      users.set(user.id, { ...user, passwordHash, lastLoginAt: session.createdAt })
      return true
    },

    get: async (id) => kept.get(id),

    async rotate(id, { from, at, expiresAt, tokensUntil }) {
      const known = current(id, from, at)
      if (known === undefined) return false
      const generation = from + 1
      kept.set(id, { ...prolonged(known, tokensUntil), generation, rotatedAt: at, expiresAt })
      return true
    },

    async repeat(id, { generation, notBefore, at, tokensUntil }) {
      const known = current(id, generation, at)
      if (known === undefined || known.rotatedAt < notBefore) return false
      kept.set(id, prolonged(known, tokensUntil))
      return true
    },

    async end(id, at) {
      const known = kept.get(id)
      if (known === undefined || known.endedAt !== undefined) return false
      end(known, at)
      return true
    },

    endAll: async (userId, at) => endAll(userId, at),

    async purge(before, limit) {
      let purged = 0
      for (const [id, { expiresAt, tokensUntil }] of kept) {
        if (purged === limit) break
        if (expiresAt >= before || tokensUntil >= before) continue
        kept.delete(id)
        purged += 1
      }
      return purged
    },
  }
  return { store, add, endAll }
}

const isProven = (user: User | undefined, { passwordHash }: PasswordProof): user is User =>
  user?.active === true && user.passwordHash === passwordHash

/** An earlier end never shortens what is kept. */
const prolonged = (session: Session, tokensUntil: number): Session => ({
  ...session,
  tokensUntil: Math.max(session.tokensUntil, tokensUntil),
})
