import type { SqlDriver } from './driver.ts'

/** Rows after which a new segment begins: fewer cost inserts less, more cost look-ups less. */
export const ROWS_PER_SEGMENT = 2_000_000
/** Retention is far longer: a segment that was in use within this time still has rows. */
const IN_USE_MS = 3_600_000

/** The segment that ?1 lies in, how full it is, and where the next one begins. */
const AT = `SELECT begins_at,
    (SELECT count(*) FROM transactions t WHERE t.segment = s.begins_at) AS rows,
    (SELECT min(n.begins_at) FROM segments n WHERE n.begins_at > ?1) AS until
  FROM segments s WHERE begins_at <= ?1 ORDER BY begins_at DESC LIMIT 1`

const OPEN = 'INSERT INTO segments (begins_at) VALUES (?1) ON CONFLICT DO NOTHING'

/** Drops the empty ones before the one that ?1 lies in; the first stays for whoever issued before it. */
export const PURGE_SEGMENTS = `DELETE FROM segments
  WHERE begins_at > 0 AND begins_at < (SELECT max(begins_at) FROM segments WHERE begins_at <= ?1)
    AND NOT EXISTS (SELECT 1 FROM transactions t WHERE t.segment = begins_at)`

interface Segment {
  readonly beginsAt: number
  /** Where the next one begins. */
  readonly until: number
  rows: number
  /** When its latest row was issued. */
  usedAt: number
}

/**
 * Which segment of the index by phone number a row belongs to. A segment is named by the time it
 * begins at and holds what was issued from then until the next one begins. It is durable before its
 * first row is written, so that a look-up that knows all segments misses no row.
 */
export function phoneSegments(db: SqlDriver, rowsPerSegment = ROWS_PER_SEGMENT) {
  let current: Segment | undefined
  let finding: Promise<void> | undefined

  /** One that was not used for long may have been purged by another node. */
  const holds = ({ beginsAt, until, usedAt }: Segment, issuedAt: number): boolean =>
    issuedAt >= beginsAt && issuedAt < until && issuedAt - usedAt <= IN_USE_MS

  /** The newest only: what is issued before it, as by a clock that is behind, begins none. */
  const isFull = ({ rows, until }: Segment): boolean =>
    rows >= rowsPerSegment && until === Number.POSITIVE_INFINITY

  /** Undefined at the start, for a row outside of the current segment, and when that is full. */
  function ofCurrent(issuedAt: number): number | undefined {
    if (current === undefined || !holds(current, issuedAt) || isFull(current)) return undefined
    current.rows += 1
    current.usedAt = issuedAt
    return current.beginsAt
  }

  async function read(issuedAt: number): Promise<Segment> {
    const [row] = await db.rows(AT, [issuedAt])
    return {
      beginsAt: Number(row?.begins_at),
      until: Number(row?.until ?? Number.POSITIVE_INFINITY),
      rows: Number(row?.rows),
      usedAt: issuedAt,
    }
  }

  async function find(issuedAt: number): Promise<void> {
    if (current === undefined || !holds(current, issuedAt)) current = await read(issuedAt)
    if (!isFull(current)) return
    await db.write([OPEN, issuedAt])
    current = { ...current, beginsAt: issuedAt, rows: 0 }
  }

  async function of(issuedAt: number): Promise<number> {
    for (;;) {
      finding ??= find(issuedAt).finally(() => {
        finding = undefined
      })
      await finding
      const segment = ofCurrent(issuedAt)
      if (segment !== undefined) return segment
    }
  }

  /** The segment for a row issued at `issuedAt` (epoch milliseconds); nearly always at once. */
  return (issuedAt: number): number | Promise<number> => ofCurrent(issuedAt) ?? of(issuedAt)
}
