import { hash } from 'node:crypto'
import type { LimitAsk, LimitStore, Taken } from '../../limits/store.ts'
import type { SqlDriver } from './driver.ts'
import { groupCommit } from './group-commit.ts'

/** Somebody waits to be let through; after this each node goes on by itself. */
const TIMEOUT_MS = 200
/** Asks of one node after which it looks for windows that have ended, and how many it drops. */
const ASKS_PER_PURGE = 10_000
const ROWS_PER_PURGE = 20_000

/** Epoch milliseconds of the database: the nodes need not agree on the time. */
const AT = '(extract(epoch FROM statement_timestamp()) * 1000)::bigint'

// A window that ends much later than one that begins now was made before the clock was set back. A
// little later is one that another node began while this statement waited for its row.
const LASTS = `kept.ends_at > ${AT} AND kept.ends_at < excluded.ends_at + 5000`

// In the order of the keys, so that two nodes never wait for each other's rows.
const TAKE = `INSERT INTO limits AS kept (key, used, ends_at)
  SELECT key, wanted, ${AT} + 1000 * seconds
  FROM json_to_recordset(?1) AS asked (key TEXT, wanted BIGINT, seconds BIGINT) ORDER BY key
  ON CONFLICT (key) DO UPDATE SET
    used = CASE WHEN ${LASTS} THEN kept.used ELSE 0 END + excluded.used,
    ends_at = CASE WHEN ${LASTS} THEN kept.ends_at ELSE excluded.ends_at END
  RETURNING key, used, ends_at - ${AT} AS ends_in_ms`

// Waits for no row: those that somebody is asking for are in use again.
const PURGE = `DELETE FROM limits WHERE key IN
  (SELECT key FROM limits WHERE ends_at <= ${AT} LIMIT ${ROWS_PER_PURGE} FOR UPDATE SKIP LOCKED)`

/**
 * Asks that wait together are one statement. Only on PostgreSQL: a SQLite file has one node, which
 * counts in memory.
 */
export function sqlLimits(db: Pick<SqlDriver, 'rows'>): LimitStore {
  let sincePurge = 0

  async function take(batch: LimitAsk[]): Promise<Taken[]> {
    const keys = batch.map(storedKey)
    const asked = batch.map(({ wanted, windowSeconds }, i) => ({
      key: keys[i],
      wanted,
      seconds: windowSeconds,
    }))
    const rows = await db.rows(TAKE, [JSON.stringify(asked)])
    const taken = new Map(rows.map((row) => [row.key, row]))
    purgeAfter(batch.length)
    return keys.map((key) => {
      const row = taken.get(key)
      return { used: Number(row?.used), endsInMs: Number(row?.ends_in_ms) }
    })
  }

  function purgeAfter(asks: number): void {
    sincePurge += asks
    if (sincePurge < ASKS_PER_PURGE) return
    sincePurge = 0
    // Nothing depends on it; it is tried again after as many asks.
    db.rows(PURGE, []).catch(() => {})
  }

  const { add } = groupCommit(take, { maxWaiting: 20_000, maxBatch: 1_000, timeoutMs: TIMEOUT_MS })
  return { take: add }
}

/**
 * A window of another length is another one, so that nodes with different settings do not end each
 * other's. As long for whatever arrives in X-Forwarded-For, and no second list of who has asked in clear. It
 * hides little: there are not many phone numbers.
 */
const storedKey = ({ name, key, windowSeconds }: LimitAsk): string =>
  hash('sha256', `${name} ${windowSeconds} ${key}`, 'base64url').slice(0, 22)
