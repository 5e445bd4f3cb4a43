import { CLOCKS_APART_MS, type DutyStore } from '../../duties.ts'
import type { SqlDriver } from './driver.ts'

// One statement, so that the database and not we decide who was first.
const CLAIM = `INSERT INTO duties (duty, node, claimed_at, until) VALUES (?1, ?2, ?3, ?4)
  ON CONFLICT (duty) DO UPDATE SET node = excluded.node, claimed_at = excluded.claimed_at,
    until = excluded.until
  WHERE duties.node = excluded.node OR duties.until <= excluded.claimed_at
    OR duties.until > excluded.until + ${CLOCKS_APART_MS}`

export function sqlDuties(db: SqlDriver): DutyStore {
  return {
    claim: async ({ duty, node, claimedAt, until }) =>
      (await db.write([CLAIM, duty, node, claimedAt, until])) > 0,
  }
}
