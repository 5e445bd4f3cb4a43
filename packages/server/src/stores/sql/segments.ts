import { ANY_ROWS, type SqlDriver } from './driver.ts'

/** Rows after which a new segment begins: fewer cost inserts less, more cost look-ups less. */
export const ROWS_PER_SEGMENT = 2_000_000
/** Retention is far longer: what was the current segment within this time still has rows. */
const READ_AGAIN_MS = 3_600_000

/** The segment that ?1 lies in, and where the next one begins. */
const AT = `SELECT max(begins_at) AS begins_at,
    (SELECT min(n.begins_at) FROM segments n WHERE n.begins_at > ?1) AS until
  FROM segments WHERE begins_at <= ?1`

const COUNT = `SELECT count(*) AS rows
  FROM (SELECT 1 FROM transactions WHERE segment = ?1 LIMIT ?2) AS counted`

const OPEN = 'INSERT INTO segments (begins_at) VALUES (?1) ON CONFLICT DO NOTHING'

/** One search for each segment that has rows. */
const RESTORE = `${ANY_ROWS}INSERT INTO segments (begins_at)
  WITH RECURSIVE used (segment) AS (
    SELECT max(segment) FROM transactions
    UNION ALL
    SELECT (SELECT max(t.segment) FROM transactions t WHERE t.segment < used.segment)
    FROM used WHERE used.segment IS NOT NULL)
  SELECT segment FROM used WHERE segment IS NOT NULL
  ON CONFLICT DO NOTHING`

/** The one that ?1 lies in stays, and the first, for whoever issued before all others. */
const DROP = `${ANY_ROWS}DELETE FROM segments
  WHERE begins_at > 0 AND begins_at < (SELECT max(begins_at) FROM segments WHERE begins_at <= ?1)
    AND NOT EXISTS (SELECT 1 FROM transactions t WHERE t.segment = begins_at)`

/**
 * Once retention has dropped the rows of before `before` (epoch milliseconds): drops the segments that
 * are empty since. Restores those that rows are in and the table does not name, as after writes of a
 * node that is older than the table.
 */
export async function tidySegments(db: SqlDriver, before: number): Promise<void> {
  await db.write([RESTORE])
  await db.write([DROP, before])
}

interface Segment {
  readonly beginsAt: number
  /** Where the next one begins. */
  readonly until: number
  /** From when on that is known. */
  readonly readAt: number
  rows: number
}

/**
 * Which segment of the index by phone number a row belongs to. A segment is named by the time it
 * begins at and holds what was issued from then until the next one begins. It is durable before its
 * first row is written, so that a look-up that knows all segments misses no row.
 */
export function phoneSegments(db: SqlDriver, rowsPerSegment = ROWS_PER_SEGMENT) {
  let current: Segment | undefined
  let finding: Promise<void> | undefined

  /** Another node may have dropped what was empty for long. */
  const holds = ({ beginsAt, until, readAt }: Segment, issuedAt: number): boolean =>
    issuedAt >= beginsAt && issuedAt < until && issuedAt - readAt <= READ_AGAIN_MS

  /** The newest only: what is issued before it, as by a clock that is behind, begins none. */
  const isFull = ({ rows, until }: Segment): boolean =>
    rows >= rowsPerSegment && until === Number.POSITIVE_INFINITY

  /** Undefined at the start, for a row outside of the current segment, and when that is full. */
  function ofCurrent(issuedAt: number): number | undefined {
    if (current === undefined || !holds(current, issuedAt) || isFull(current)) return undefined
    current.rows += 1
    return current.beginsAt
  }

  async function read(issuedAt: number): Promise<Segment> {
    const [row] = await db.rows(AT, [issuedAt])
    const beginsAt = Number(row?.begins_at ?? Number.NaN)
    const until = Number(row?.until ?? Number.POSITIVE_INFINITY)
    if (Number.isNaN(beginsAt)) throw new RangeError(`no segment holds the time ${issuedAt}`)
    if (beginsAt === current?.beginsAt) return { ...current, until, readAt: issuedAt }
    const segment = { beginsAt, until, readAt: issuedAt, rows: 0 }
    count(segment)
    return segment
  }

  /** Beside the inserts, for it takes long; without an answer the segment grows larger than others. */
  function count(segment: Segment): void {
    db.rows(COUNT, [segment.beginsAt, rowsPerSegment]).then(
      ([row]) => {
        segment.rows += Number(row?.rows)
      },
      () => {},
    )
  }

  async function find(issuedAt: number): Promise<void> {
    if (current === undefined || !holds(current, issuedAt)) current = await read(issuedAt)
    if (!isFull(current)) return
    await db.write([OPEN, issuedAt])
    current = { ...current, beginsAt: issuedAt, readAt: issuedAt, rows: 0 }
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
