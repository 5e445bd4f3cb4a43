import { closeSync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { StoreUnavailable } from '../../errors.ts'
import type { CommitListener, SqlDriver, SqlRow, SqlStep, SqlValue } from './driver.ts'
import { groupCommit } from './group-commit.ts'
import { MigrationError } from './migrations.ts'
import { whenFree } from './sqlite-busy.ts'
import { migrateSqlite } from './sqlite-migrate.ts'
import { SqliteThread } from './sqlite-thread.ts'

/** Long enough to outlast another process's commit, short enough to answer 503 within 2 s. */
const BUSY_TIMEOUT_MS = 400
/** At the start nobody waits for an answer yet. */
const OPEN_TIMEOUT_MS = 2_000
const COMMIT_TIMEOUT_MS = 5_000
/** Writes between two checkpoints: some 10 to 20 MB of write-ahead log. */
const WRITES_PER_CHECKPOINT = 4_000
/** A log longer than this many frames (4 KiB each) is wound back to its start. */
const LOG_FRAMES_MAX = 8_000

/**
 * Written, and as it was when both are done: that shows what a read cannot, a full disk and the lock
 * of another process. A row set to what it is would not be written. Every database has this one.
 */
const PROBE: readonly SqlStep[] = [
  ['UPDATE schema_migrations SET applied_at = applied_at + 1 WHERE version = 1'],
  ['UPDATE schema_migrations SET applied_at = applied_at - 1 WHERE version = 1'],
]

export interface SqliteOptions {
  /** Applied when the schema is new or older. */
  now: number
  onCommit?: CommitListener
}

/**
 * The embedded engine: one file, one writer. Writes that wait together share one commit and one
 * disk sync; reads run beside them on a connection of their own.
 *
 * @throws {StoreUnavailable} When the file cannot be opened or is no database.
 * @throws {MigrationError} When the file is of a newer jotter, or a migration was changed.
 */
export function openSqlite(path: string, { now, onCommit = () => {} }: SqliteOptions): SqlDriver {
  setUp(path, now)
  const thread = (role: 'writer' | 'reader' | 'checkpointer') =>
    new SqliteThread({ path, role, busyTimeoutMs: BUSY_TIMEOUT_MS })
  const [writer, reader, checkpointer] = [
    thread('writer'),
    thread('reader'),
    thread('checkpointer'),
  ]
  let closed = false
  /** However many ask at once, one write answers them. */
  let probing: Promise<void> | undefined
  let sinceCheckpoint = 0
  let checkpointing: Promise<void> | undefined

  const { add, drained } = groupCommit(commit, {
    maxWaiting: 20_000,
    maxBatch: 1_000,
    timeoutMs: COMMIT_TIMEOUT_MS,
    // One is with the disk, and the next already with the thread, which need not wait for us then.
    maxInFlight: 2,
  })

  async function commit(batch: (readonly SqlStep[])[]): Promise<number[]> {
    const started = performance.now()
    const changed = await writer.commit(batch)
    onCommit(batch.length, (performance.now() - started) / 1000)
    sinceCheckpoint += batch.length
    if (sinceCheckpoint >= WRITES_PER_CHECKPOINT && checkpointing === undefined) {
      sinceCheckpoint = 0
      // A checkpoint that fails is tried again after as many writes; nothing depends on it.
      checkpointing = checkpoint()
        .catch(() => {})
        .finally(() => {
          checkpointing = undefined
        })
    }
    return changed
  }

  /**
   * Copies most of the log beside the commits. The log starts over only when all of it is copied,
   * which under load never happens by itself: once it is long, the writer copies the short rest.
   */
  async function checkpoint(): Promise<void> {
    const { frames } = await checkpointer.checkpoint()
    if (frames > LOG_FRAMES_MAX) {
      await checkpointer.checkpoint()
      await writer.checkpoint()
    }
  }

  async function rows(sql: string, params: readonly SqlValue[]): Promise<SqlRow[]> {
    if (closed) throw new StoreUnavailable('the database is closed')
    return reader.query(sql, params)
  }

  // Hands the promise on: awaiting it here would make two more for every token.
  function write(...steps: readonly SqlStep[]): Promise<number> {
    return closed ? Promise.reject(new StoreUnavailable('the database is closed')) : add(steps)
  }

  return {
    rows,
    write,
    ping() {
      probing ??= Promise.all([write(...PROBE), rows('SELECT 1', [])])
        .then(() => {})
        .finally(() => {
          probing = undefined
        })
      return probing
    },
    async close() {
      // What was asked before may ask for more: a read decides about the write after it. Each part
      // of this has its time limit.
      do {
        await drained()
        await nextTurn()
      } while (!reader.quiet || !writer.quiet)
      closed = true
      await checkpointing
      await reader.close()
      await checkpointer.close()
      // The last connection to close folds the log into the file.
      await writer.close()
    },
  }
}

function setUp(path: string, now: number): void {
  let db: DatabaseSync | undefined
  try {
    // It holds phone numbers and whole tokens: for its owner only, and SQLite's own files follow it.
    closeSync(openSync(path, 'a', 0o600))
    const file = new DatabaseSync(path, { timeout: OPEN_TIMEOUT_MS })
    db = file
    // Another process may be making the same file.
    whenFree(OPEN_TIMEOUT_MS, () => file.exec('PRAGMA journal_mode = WAL'))
    file.exec('PRAGMA synchronous = FULL')
    migrateSqlite(file, now)
  } catch (cause) {
    if (cause instanceof MigrationError) throw cause
    throw new StoreUnavailable((cause as Error).message, { cause })
  } finally {
    db?.close()
  }
}
