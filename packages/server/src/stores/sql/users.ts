import { endOfUser, type User, type UserStore } from '../../users/store.ts'
import type { SqlDriver, SqlRow, SqlStep } from './driver.ts'
import { revoke } from './revocations.ts'
import { endSessionsOf, insertSession } from './sessions.ts'

// Each of three keys may be taken. The names come first, since writes that are sent together are
// sorted by what comes first.
const INSERT = `INSERT INTO users (username_canonical, email_canonical, id, username, email,
    password_hash, active, created_at, updated_at, last_login_at)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT DO NOTHING`

const GET = 'SELECT * FROM users WHERE id = ?1'
const FIND_BY_USERNAME = 'SELECT * FROM users WHERE username_canonical = ?1'
const FIND_BY_EMAIL = 'SELECT * FROM users WHERE email_canonical = ?1'

const LIST = 'SELECT * FROM users WHERE id < ?1 ORDER BY id DESC LIMIT ?2'
const LIST_BY_ACTIVE = 'SELECT * FROM users WHERE active = ?3 AND id < ?1 ORDER BY id DESC LIMIT ?2'
/** After every UUID. */
const NEWEST = '~'

// Both have the row of the user before any session of it is looked at: a login that is under way is
// waited for, and ended too.
const SET_PASSWORD = `UPDATE users SET password_hash = ?2, updated_at = ?3
  WHERE id = ?1 AND (CAST(?4 AS TEXT) IS NULL OR password_hash = ?4)`
const SET_ACTIVE = 'UPDATE users SET active = ?2, updated_at = ?3 WHERE id = ?1 AND active <> ?2'

export function sqlUsers(db: SqlDriver): UserStore {
  return {
    async insert(user, session) {
      const step: SqlStep = [
        INSERT,
        user.username.canonical,
        user.email.canonical,
        user.id,
        user.username.shown,
        user.email.shown,
        user.passwordHash,
        Number(user.active),
        user.createdAt,
        user.updatedAt,
        user.lastLoginAt ?? null,
      ]
      return (await db.write(step, ...(session ? [insertSession(session)] : []))) > 0
    },

    async get(id) {
      const [row] = await db.rows(GET, [id])
      return row && toUser(row)
    },

    async find(name) {
      const [row] =
        'username' in name
          ? await db.rows(FIND_BY_USERNAME, [name.username])
          : await db.rows(FIND_BY_EMAIL, [name.email])
      return row && toUser(row)
    },

    async list({ after = NEWEST, active, limit }) {
      const rows =
        active === undefined
          ? await db.rows(LIST, [after, limit])
          : await db.rows(LIST_BY_ACTIVE, [after, limit, Number(active)])
      return rows.map(toUser)
    },

    async setPassword(id, { from, to, at, keep }) {
      const step: SqlStep = [SET_PASSWORD, id, to, at, from ?? null]
      return (await db.write(step, ...endSessionsOf(id, at, keep))) > 0
    },

    async setActive(id, change) {
      const step: SqlStep = [SET_ACTIVE, id, Number(change.active), change.at]
      const ends = change.active
        ? []
        : [...endSessionsOf(id, change.at), revoke(endOfUser(id, change))]
      return (await db.write(step, ...ends)) > 0
    },
  }
}

const toUser = (row: SqlRow): User => ({
  id: row.id as string,
  username: { canonical: row.username_canonical as string, shown: row.username as string },
  email: { canonical: row.email_canonical as string, shown: row.email as string },
  passwordHash: row.password_hash as string,
  active: row.active === 1,
  createdAt: Number(row.created_at),
  updatedAt: Number(row.updated_at),
  lastLoginAt: row.last_login_at === null ? undefined : Number(row.last_login_at),
})
