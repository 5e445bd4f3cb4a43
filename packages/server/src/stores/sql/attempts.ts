import { CLOCKS_APART_MS } from '../../duties.ts'
import {
  type AttemptPolicy,
  type AttemptStore,
  delayAfter,
  REMEMBERED_MS,
} from '../../passwords/attempts.ts'
import type { SqlDriver, SqlStep } from './driver.ts'

// ?2 is the time, ?3 when a window ends that begins now. One that ends much later was made before the
// clock was set back, and counts no more; nor does one whose attempts were all given back.
const LASTS = `kept.count > 0 AND kept.forgotten_at > ?2
  AND kept.forgotten_at <= ?3 + ${CLOCKS_APART_MS}`

// As `delayAfter` has it. ?6 is how often the first delay ?5 doubles before it is the longest, ?8.
const DELAY = `CASE WHEN kept.count + 1 < ?7 THEN 0
  WHEN kept.count + 1 - ?7 < ?6 THEN CAST(?5 AS BIGINT) << (kept.count + 1 - ?7) ELSE ?8 END`

// One statement, so that the database and not we decide whose attempt it is.
const TAKE = `INSERT INTO attempts AS kept (key, count, open_at, forgotten_at)
  VALUES (?1, 1, ?4, ?3)
  ON CONFLICT (key) DO UPDATE SET
    count = CASE WHEN ${LASTS} THEN kept.count + 1 ELSE 1 END,
    open_at = CASE WHEN ${LASTS} THEN ?2 + ${DELAY} ELSE excluded.open_at END,
    forgotten_at = CASE WHEN ${LASTS} THEN kept.forgotten_at ELSE excluded.forgotten_at END
  WHERE NOT (${LASTS}) OR kept.open_at <= ?2 OR kept.open_at > ?2 + ?8 + ${CLOCKS_APART_MS}`
const OPEN_AT = 'SELECT open_at FROM attempts WHERE key = ?1'

const GIVE_BACK = `UPDATE attempts SET count = count - 1, open_at = ?2
  WHERE key = ?1 AND count > 0 AND forgotten_at > ?2`
const RESET = 'DELETE FROM attempts WHERE key = ?1'

const REMEMBER = `INSERT INTO familiar_addresses (key, until) VALUES (?1, ?2)
  ON CONFLICT (key) DO UPDATE SET until = excluded.until`
const REMEMBERS = 'SELECT key FROM familiar_addresses WHERE key = ?1 AND until > ?2'

// The age stands twice: PostgreSQL looks again at a row that it had to wait for.
const PURGE = `DELETE FROM attempts WHERE forgotten_at < ?1 AND key IN
  (SELECT key FROM attempts WHERE forgotten_at < ?1 ORDER BY forgotten_at LIMIT ?2)`
const PURGE_FAMILIAR = `DELETE FROM familiar_addresses WHERE until < ?1 AND key IN
  (SELECT key FROM familiar_addresses WHERE until < ?1 ORDER BY until LIMIT ?2)`

/**
 * Attempts that all nodes count together. A clock that is set back closes no key for longer than the
 * longest delay and a minute.
 *
 * @param now Epoch milliseconds.
 */
export function sqlAttempts(db: SqlDriver, now: () => number): AttemptStore {
  return {
    async take(key, policy) {
      const at = now()
      if ((await db.write(takeStep(key, at, policy))) > 0) return 0
      const [row] = await db.rows(OPEN_AT, [key])
      // Whatever has opened it since, it was closed.
      return Math.max(1, Number(row?.open_at ?? at) - at)
    },
    async giveBack(key) {
      await db.write([GIVE_BACK, key, now()])
    },
    async reset(key) {
      await db.write([RESET, key])
    },
    async remember(key) {
      await db.write([REMEMBER, key, now() + REMEMBERED_MS])
    },
    remembers: async (key) => (await db.rows(REMEMBERS, [key, now()])).length > 0,
    async purge(before, limit) {
      const attempts = await db.write([PURGE, before, limit])
      if (attempts === limit) return limit
      return attempts + (await db.write([PURGE_FAMILIAR, before, limit - attempts]))
    },
  }
}

function takeStep(key: string, at: number, policy: AttemptPolicy): SqlStep {
  const { free, firstDelayMs, maxDelayMs, windowMs } = policy
  const doublings = Math.ceil(Math.log2(maxDelayMs / firstDelayMs))
  const opens = at + delayAfter(1, policy)
  return [TAKE, key, at, at + windowMs, opens, firstDelayMs, doublings, free, maxDelayMs]
}
