import { StoreUnavailable } from '../../errors.ts'
import { DatabaseThread, inTime } from './database-thread.ts'
import type { SqlStep, SqlValue } from './driver.ts'
import type { WorkerAnswer, WorkerOptions, WorkerTask } from './sqlite-worker.ts'

/** Queries that may wait at once; one more is refused. */
const MAX_UNANSWERED = 10_000

/** The thread that owns one connection to the file. It answers in the order in which it is asked. */
export class SqliteThread {
  readonly #thread: DatabaseThread<WorkerTask, WorkerAnswer>

  constructor(options: WorkerOptions) {
    this.#thread = new DatabaseThread('sqlite-worker', options)
  }

  async commit(batch: readonly (readonly SqlStep[])[]): Promise<number[]> {
    const commit = batch.map((steps) => steps.map((step) => this.#thread.numbered(step)))
    const answer = await this.#thread.ask({ commit, texts: this.#thread.takeTexts() })
    return (answer as { changed: number[] }).changed
  }

  async query(sql: string, params: readonly SqlValue[]) {
    if (this.#thread.unanswered >= MAX_UNANSWERED) {
      throw new StoreUnavailable('too many queries are waiting')
    }
    const query = this.#thread.numbered([sql, ...params])
    const answer = await inTime(this.#thread.ask({ query, texts: this.#thread.takeTexts() }))
    return (answer as Extract<WorkerAnswer, { rows: unknown }>).rows
  }

  /** Copies the write-ahead log into the file, as far as no reader still needs the old pages. */
  async checkpoint() {
    return (await this.#thread.ask({ checkpoint: true })) as { frames: number; copied: number }
  }

  /** Whether everything it was asked has been answered. */
  get quiet(): boolean {
    return this.#thread.unanswered === 0
  }

  close(): Promise<void> {
    return this.#thread.close()
  }
}
