import type { SqlDriver } from './driver.ts'

/** Rows after which a new segment begins: its part of the index still fits the page cache. */
export const ROWS_PER_SEGMENT = 200_000

/** The newest segment and how full it is; older ones only where the clock was set back. */
const NEWEST = `SELECT segment, count(*) AS rows FROM transactions
  WHERE segment = (SELECT max(segment) FROM transactions) GROUP BY segment`
const BEFORE = 'SELECT max(segment) AS segment FROM transactions WHERE segment <= ?1'

/**
 * Which segment of the index by phone number a row belongs to. A segment is named by the time it
 * begins at and holds what was issued from then until the next one begins. Which segments there
 * are is read from the rows themselves, so that purged ones are gone without a trace.
 */
export function phoneSegments(db: SqlDriver, rowsPerSegment = ROWS_PER_SEGMENT) {
  let newest: { segment: number; rows: number } | undefined
  let opening: Promise<void> | undefined

  async function readNewest(): Promise<void> {
    const [row] = await db.rows(NEWEST, [])
    newest = { segment: Number(row?.segment ?? 0), rows: Number(row?.rows ?? 0) }
  }

  async function of(issuedAt: number): Promise<number> {
    if (newest === undefined) {
      opening ??= readNewest().finally(() => {
        opening = undefined
      })
      await opening
    }
    return ofNewest(issuedAt) ?? Number((await db.rows(BEFORE, [issuedAt]))[0]?.segment ?? 0)
  }

  /** Undefined for a row that is older than the newest segment, and before that is known. */
  function ofNewest(issuedAt: number): number | undefined {
    if (newest === undefined || issuedAt < newest.segment) return undefined
    newest.rows += 1
    if (newest.rows > rowsPerSegment) newest = { segment: issuedAt, rows: 1 }
    return newest.segment
  }

  /** The segment for a row issued at `issuedAt` (epoch milliseconds); nearly always at once. */
  return (issuedAt: number): number | Promise<number> => ofNewest(issuedAt) ?? of(issuedAt)
}
