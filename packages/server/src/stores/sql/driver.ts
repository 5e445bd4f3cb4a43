/**
 * What an SQL engine must give: four calls, and a fifth where it can. Statements use `?1`, `?2`, ... and say what both
 * engines understand. Each throws `StoreUnavailable` when the database cannot answer.
 */
export interface SqlDriver {
  /** Reads. */
  rows(sql: string, params: readonly SqlValue[]): Promise<SqlRow[]>
  /**
   * Writes `steps` as one: every step must change at least one row, else nothing of it is kept and
   * the answer is 0. Only a later one that begins with `ANY_ROWS` may change none. Otherwise the
   * number of rows that the first step changed. Durable when the promise fulfils.
   */
  write(...steps: readonly SqlStep[]): Promise<number>
  /**
   * Calls `changed` soon after anybody has notified `channel`, where the engine has such a thing, and
   * when something may have been missed. Returns how to stop.
   */
  watch?(channel: string, changed: () => void): () => Promise<void>
  /** Fulfils when a write could be done now. */
  ping(): Promise<void>
  /** Finishes what was accepted, then lets go of the database. */
  close(): Promise<void>
}

/**
 * A comment that says so to the engine, of a statement that is right to change nothing or many rows.
 * A write with such a step may be a transaction by itself: it has locks in no order that others know.
 */
export const ANY_ROWS = '/* any number of rows */ '
export const mayChangeNothing = (sql: string): boolean => sql.startsWith(ANY_ROWS)

/**
 * A comment that says so to the engine, of an insert whose key nobody else can have: PostgreSQL then does not
 * look whether it is taken, a fifth of its work. Should it be taken after all, the write fails or changes nothing.
 */
export const NEW_KEY = '/* a new key */ '
export const hasNewKey = (sql: string): boolean => sql.startsWith(NEW_KEY)

export type SqlValue = string | number | null
export type SqlRow = Record<string, SqlValue>
export type SqlStep = readonly [sql: string, ...params: SqlValue[]]

/** Told about every commit, for the metrics: how many writes it held and how long it took. */
export type CommitListener = (writes: number, seconds: number) => void
