/**
 * The thread that owns one connection to the SQLite file, so that no event loop waits for the disk.
 * Three run: the writer commits batches, the reader answers queries beside it, the checkpointer
 * copies the write-ahead log into the file in its own time. Knows SQL texts only as they come.
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { mayChangeNothing, type SqlRow, type SqlValue } from './driver.ts'
import { whenFree } from './sqlite-busy.ts'

export type WorkerRole = 'writer' | 'reader' | 'checkpointer'

export interface WorkerOptions {
  path: string
  role: WorkerRole
  /** How long a statement waits for a lock that another process holds. */
  busyTimeoutMs: number
}

/** A statement by its number; `texts` carries the SQL of those that were not used before. */
type Step = [statement: number, ...params: SqlValue[]]

export type WorkerTask =
  | { commit: Step[][]; texts: [number, string][] }
  | { query: Step; texts: [number, string][] }
  | { checkpoint: true }
  | { close: true }

export type WorkerAnswer =
  | { changed: number[] }
  | { rows: SqlRow[] }
  /** Frames in the write-ahead log, and how many of them are copied into the file. */
  | { frames: number; copied: number }
  | { closed: true }
  | { failed: string }

const { path, role, busyTimeoutMs } = workerData as WorkerOptions
const db = new DatabaseSync(path, { timeout: busyTimeoutMs, readOnly: role === 'reader' })
const texts: string[] = []
const statements: StatementSync[] = []

if (role !== 'reader') {
  // An acknowledged token is on disk: without these two settings that is not true.
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  assertPragma('journal_mode', 'wal')
  assertPragma('synchronous', 2)
}
// Checkpoints belong to their own thread: inside a commit one can take half a second.
if (role === 'writer') {
  db.exec('PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -4000')
  // From here on it waits in its own way.
  db.exec('PRAGMA busy_timeout = 0')
}

// Room for the upper pages of every segment's index, through which each look-up by phone number goes.
if (role === 'reader') db.exec('PRAGMA cache_size = -8000')

function assertPragma(name: string, wanted: SqlValue): void {
  const found = db.prepare(`PRAGMA ${name}`).get()?.[name]
  if (found !== wanted) throw new Error(`PRAGMA ${name} is ${found}, not ${wanted}: ${path}`)
}

function learn(news: [number, string][]): void {
  for (const [id, sql] of news) texts[id] = sql
}

function prepared(id: number): StatementSync {
  statements[id] ??= db.prepare(texts[id] as string)
  return statements[id]
}

const run = ([id, ...params]: Step): number => Number(prepared(id).run(...params).changes)

/** All steps or none: one that changes nothing, and may not, takes back the ones before it. */
function write(steps: Step[]): number {
  const first = run(steps[0] as Step)
  if (steps.length === 1 || first === 0) return first
  for (const step of steps.slice(1)) {
    if (run(step) > 0 || mayChangeNothing(texts[step[0]] as string)) continue
    db.exec('ROLLBACK TO write')
    return 0
  }
  return first
}

function commit(batch: Step[][]): number[] {
  whenFree(busyTimeoutMs, () => db.exec('BEGIN IMMEDIATE'))
  try {
    const changed = batch.map((steps) => {
      if (steps.length === 1) return write(steps)
      db.exec('SAVEPOINT write')
      const answer = write(steps)
      db.exec('RELEASE write')
      return answer
    })
    db.exec('COMMIT')
    return changed
  } finally {
    // Still open only when something failed; SQLite has then often rolled back by itself.
    if (db.isTransaction) db.exec('ROLLBACK')
  }
}

function answer(task: WorkerTask): WorkerAnswer {
  try {
    if ('commit' in task) {
      learn(task.texts)
      return { changed: commit(task.commit) }
    }
    if ('query' in task) {
      learn(task.texts)
      const [id, ...params] = task.query
      return { rows: prepared(id).all(...params) as SqlRow[] }
    }
    if ('checkpoint' in task) {
      const { log, checkpointed } = db.prepare('PRAGMA wal_checkpoint(PASSIVE)').get() ?? {}
      return { frames: Number(log), copied: Number(checkpointed) }
    }
    db.close()
    return { closed: true }
  } catch (error) {
    return { failed: (error as Error).message }
  }
}

parentPort?.on('message', (task: WorkerTask) => {
  parentPort?.postMessage(answer(task))
  if ('close' in task) parentPort?.close()
})
