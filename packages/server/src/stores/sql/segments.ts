import type { SqlDriver } from './driver.ts'

/** Rows after which a new segment begins: fewer cost inserts less, more cost look-ups less. */
export const ROWS_PER_SEGMENT = 1_000_000

/** The segment that ?1 lies in, how full it is, and where the next one begins. */
const AT = `SELECT segment, (SELECT count(*) FROM transactions t WHERE t.segment = at.segment) AS rows,
    (SELECT min(t.segment) FROM transactions t WHERE t.segment > ?1) AS until
  FROM (SELECT max(segment) AS segment FROM transactions WHERE segment <= ?1) at`

interface Segment {
  segment: number
  rows: number
  until: number
}

/**
 * Which segment of the index by phone number a row belongs to. A segment is named by the time it
 * begins at and holds what was issued from then until the next one begins. Which segments there
 * are is read from the rows themselves, so that purged ones are gone without a trace.
 */
export function phoneSegments(db: SqlDriver, rowsPerSegment = ROWS_PER_SEGMENT) {
  let current: Segment | undefined
  let reading: Promise<void> | undefined

  /** Undefined for a row outside of the current segment: at the start, or when the clock was set. */
  function ofCurrent(issuedAt: number): number | undefined {
    if (current === undefined || issuedAt < current.segment || issuedAt >= current.until) {
      return undefined
    }
    current.rows += 1
    if (current.rows > rowsPerSegment) current = { ...current, segment: issuedAt, rows: 1 }
    return current.segment
  }

  async function read(issuedAt: number): Promise<void> {
    const [row] = await db.rows(AT, [issuedAt])
    current = {
      segment: Number(row?.segment ?? 0),
      rows: Number(row?.rows ?? 0),
      until: Number(row?.until ?? Number.POSITIVE_INFINITY),
    }
  }

  async function of(issuedAt: number): Promise<number> {
    for (;;) {
      reading ??= read(issuedAt).finally(() => {
        reading = undefined
      })
      await reading
      const segment = ofCurrent(issuedAt)
      if (segment !== undefined) return segment
    }
  }

  /** The segment for a row issued at `issuedAt` (epoch milliseconds); nearly always at once. */
  return (issuedAt: number): number | Promise<number> => ofCurrent(issuedAt) ?? of(issuedAt)
}
