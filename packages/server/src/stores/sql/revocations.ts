import type {
  Revocation,
  RevocationKind,
  RevocationPage,
  RevocationStore,
} from '../../revocation/store.ts'
import { ANY_ROWS, type SqlDriver, type SqlRow, type SqlStep } from './driver.ts'

const MORE = 'excluded.not_before > kept.not_before OR excluded.expires_at > kept.expires_at'
// A changed row gets the position of a new one, else those who have read it miss the change.
const UNLESS_REFUSED = `ON CONFLICT (kind, value) DO UPDATE SET
    position = CASE WHEN ${MORE} THEN excluded.position ELSE kept.position END,
    revoked_at = CASE WHEN ${MORE} THEN excluded.revoked_at ELSE kept.revoked_at END,
    not_before = CASE WHEN excluded.not_before > kept.not_before THEN excluded.not_before
      ELSE kept.not_before END,
    expires_at = CASE WHEN excluded.expires_at > kept.expires_at THEN excluded.expires_at
      ELSE kept.expires_at END`

const INTO = 'INSERT INTO revocations AS kept (kind, value, not_before, revoked_at, expires_at)'

const INSERT = `${INTO} VALUES (?1, ?2, ?3, ?4, ?5) ${UNLESS_REFUSED}`

const endedSessions = (condition: string) => `${INTO}
  SELECT 'sid', id, NULL, ended_at, tokens_until FROM sessions WHERE ${condition}
  ${UNLESS_REFUSED}`
const OF_SESSION = endedSessions('id = ?1')
const OF_USER = `${ANY_ROWS}${endedSessions('user_id = ?1 AND ended_at = ?2')}`

// One statement reads from one snapshot: what it does not see is not before the horizon.
const READ = `SELECT h.horizon, r.* FROM revocation_horizon h LEFT JOIN
    (SELECT * FROM revocations WHERE position >= ?1 ORDER BY position LIMIT ?2) r ON true
  ORDER BY r.position`
/** More at once would hold up the thread that serves. */
const ROWS_PER_QUERY = 5_000

// The age stands twice: a row that PostgreSQL had to wait for may refuse more since.
const PURGE = `DELETE FROM revocations WHERE expires_at < ?1 AND (kind, value) IN
  (SELECT kind, value FROM revocations WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)`

/** Of what a trigger of the table notifies. */
const CHANNEL = 'jotter_revocations'

export function sqlRevocations(db: SqlDriver): RevocationStore {
  const { watch } = db

  async function query(from: number, limit: number) {
    const rows = await db.rows(READ, [from, limit])
    return {
      rows: rows.filter((row) => row.position !== null).map(toRevocation),
      horizon: Number(rows[0]?.horizon),
    }
  }

  async function read(from: number): Promise<RevocationPage> {
    const first = await query(from, ROWS_PER_QUERY)
    // Whoever has read further has read a database that was put back, and begins again.
    if (first.horizon < from) return read(0)
    const items: typeof first.rows = []
    let { rows } = first
    for (let limit = ROWS_PER_QUERY; rows.length === limit; ) {
      const { position = 0 } = rows.at(-1) ?? {}
      // What shares the last position may not be whole: it is read again with what follows.
      const whole = rows.findIndex((row) => row.position === position)
      for (const row of rows.slice(0, whole)) items.push(row)
      if (whole === 0) limit *= 2
      rows = (await query(position, limit)).rows
    }
    // The first horizon: what appeared while the rest was read is behind it.
    return { items: items.concat(rows), horizon: first.horizon }
  }

  return {
    async insert(revocation) {
      await db.write(revoke(revocation))
    },
    read,
    purge: (before, limit) => db.write([PURGE, before, limit]),
    ...(watch && { watch: async (changed: () => void) => watch(CHANNEL, changed) }),
  }
}

/** Keeps it, unless what is there already refuses as much. */
export const revoke = (revocation: Revocation): SqlStep => {
  const { kind, value, notBefore, revokedAt, expiresAt } = revocation
  return [INSERT, kind, value, notBefore ?? null, revokedAt, expiresAt]
}

/** After a step that has ended it. */
export const revokeSession = (id: string): SqlStep => [OF_SESSION, id]

/** After a step that has ended some of the user's sessions `at`. */
export const revokeSessionsOf = (userId: string, at: number): SqlStep => [OF_USER, userId, at]

const toRevocation = (row: SqlRow) => ({
  position: Number(row.position),
  kind: row.kind as RevocationKind,
  value: row.value as string,
  notBefore: row.not_before === null ? undefined : Number(row.not_before),
  revokedAt: Number(row.revoked_at),
  expiresAt: Number(row.expires_at),
})
