import type { SessionStore } from '../../flows/session/store.ts'
import type { Session } from '../../users/store.ts'
import { ANY_ROWS, type SqlDriver, type SqlRow, type SqlStep } from './driver.ts'
import { revokeSession, revokeSessionsOf } from './revocations.ts'

const INSERT = `INSERT INTO sessions (id, user_id, created_at, generation, rotated_at, expires_at,
    tokens_until, ended_at)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (id) DO NOTHING`
const GET = 'SELECT * FROM sessions WHERE id = ?1'

// Has the row of the user until the commit: who disables the user or replaces the hash waits for the
// session, or has been first and is seen here.
const LOG_IN = `UPDATE users SET last_login_at = ?3, password_hash = coalesce(?4, password_hash)
  WHERE id = ?1 AND password_hash = ?2 AND active = 1`

const LONGER = 'tokens_until = CASE WHEN tokens_until < ?5 THEN ?5 ELSE tokens_until END'

// One statement, so that the database and not we decide who was first.
const ROTATE = `UPDATE sessions SET generation = generation + 1, rotated_at = ?3, expires_at = ?4,
    ${LONGER}
  WHERE id = ?1 AND generation = ?2 AND ended_at IS NULL AND expires_at > ?3`
const REPEAT = `UPDATE sessions SET ${LONGER}
  WHERE id = ?1 AND generation = ?2 AND ended_at IS NULL AND expires_at > ?3 AND rotated_at >= ?4`

const END = 'UPDATE sessions SET ended_at = ?2 WHERE id = ?1 AND ended_at IS NULL'
const END_ALL = `${ANY_ROWS}UPDATE sessions SET ended_at = ?2
  WHERE user_id = ?1 AND ended_at IS NULL`
const END_OTHERS = `${END_ALL} AND id <> ?3`

// The ages stand twice: PostgreSQL looks again at a row that it had to wait for, but not into the
// subquery.
const PURGE = `DELETE FROM sessions WHERE expires_at < ?1 AND tokens_until < ?1 AND id IN
  (SELECT id FROM sessions WHERE expires_at < ?1 AND tokens_until < ?1 ORDER BY expires_at LIMIT ?2)`

export function sqlSessions(db: SqlDriver): SessionStore {
  return {
    async open(session, { passwordHash, rehashed }) {
      const { userId, createdAt } = session
      const logIn: SqlStep = [LOG_IN, userId, passwordHash, createdAt, rehashed ?? null]
      return (await db.write(logIn, insertSession(session))) > 0
    },

    async get(id) {
      const [row] = await db.rows(GET, [id])
      return row && toSession(row)
    },

    rotate: async (id, { from, at, expiresAt, tokensUntil }) =>
      (await db.write([ROTATE, id, from, at, expiresAt, tokensUntil])) > 0,

    repeat: async (id, { generation, notBefore, at, tokensUntil }) =>
      (await db.write([REPEAT, id, generation, at, notBefore, tokensUntil])) > 0,

    end: async (id, at) => (await db.write([END, id, at], revokeSession(id))) > 0,

    endAll: (userId, at) => db.write([END_ALL, userId, at], revokeSessionsOf(userId, at)),

    purge: (before, limit) => db.write([PURGE, before, limit]),
  }
}

export const insertSession = (session: Session): SqlStep => [
  INSERT,
  session.id,
  session.userId,
  session.createdAt,
  session.generation,
  session.rotatedAt,
  session.expiresAt,
  session.tokensUntil,
  session.endedAt ?? null,
]

/** After a step that has the row of the user: ends what is open there, be it nothing. */
export const endSessionsOf = (userId: string, at: number, keep = ''): SqlStep[] => [
  [END_OTHERS, userId, at, keep],
  revokeSessionsOf(userId, at),
]

const toSession = (row: SqlRow): Session => ({
  id: row.id as string,
  userId: row.user_id as string,
  createdAt: Number(row.created_at),
  generation: Number(row.generation),
  rotatedAt: Number(row.rotated_at),
  expiresAt: Number(row.expires_at),
  tokensUntil: Number(row.tokens_until),
  endedAt: row.ended_at === null ? undefined : Number(row.ended_at),
})
