import type { Revocation } from '../../../packages/server/src/revocation/store.ts'
import type { Session, User } from '../../../packages/server/src/users/store.ts'

export const NOW = 1_800_000_000_000
export const MINUTE = 60_000
export const DAY = 86_400_000

export const HUNDRED = Array.from({ length: 100 }, (_, i) => i)
export const wins = (answers: readonly boolean[]) => answers.filter(Boolean).length

/** A user with names of its own. */
export const userOf = (id: string, members: Partial<User> = {}): User => ({
  id,
  username: { canonical: `name ${id}`, shown: `Name ${id}` },
  email: { canonical: `${id}@example.com`, shown: `${id}@Example.com` },
  passwordHash: '$hash 1',
  active: true,
  createdAt: NOW,
  updatedAt: NOW,
  lastLoginAt: undefined,
  ...members,
})

/** A session that was opened just now. */
export const sessionOf = (id: string, members: Partial<Session> = {}): Session => ({
  id,
  userId: 'michael',
  createdAt: NOW,
  generation: 1,
  rotatedAt: NOW,
  expiresAt: NOW + DAY,
  tokensUntil: NOW + MINUTE,
  endedAt: undefined,
  ...members,
})

/** What the end of a session leaves. */
export const endOf = (session: Session, revokedAt: number): Revocation => ({
  kind: 'sid',
  value: session.id,
  notBefore: undefined,
  revokedAt,
  expiresAt: session.tokensUntil,
})

export const michael = userOf('michael')
export const PROOF = { passwordHash: michael.passwordHash }
