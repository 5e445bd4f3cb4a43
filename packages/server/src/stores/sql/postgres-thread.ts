import { StoreUnavailable } from '../../errors.ts'
import { DatabaseThread } from './database-thread.ts'
import type { SqlStep } from './driver.ts'
import type { WorkerAnswer, WorkerOptions, WorkerTask } from './postgres-worker.ts'

/** Connections that commit; measured: one leaves the server idle, a third makes batches too small. */
export const WRITERS = 2

/**
 * The thread that speaks to the server about commits: to put a batch together, to send it and to read
 * the answer takes as long as to mint its tokens, and an event loop has that to do.
 */
export class PostgresThread {
  readonly #thread: DatabaseThread<WorkerTask, WorkerAnswer>

  constructor(options: Omit<WorkerOptions, 'writers'>) {
    this.#thread = new DatabaseThread('postgres-worker', { ...options, writers: WRITERS })
  }

  /** Rows that the first step of each write changed, or why this one write has failed. */
  async commit(batch: readonly (readonly SqlStep[])[]): Promise<(number | StoreUnavailable)[]> {
    const commit = batch.map((steps) => steps.map((step) => this.#thread.numbered(step)))
    const { changed } = await this.#thread.ask({ commit, texts: this.#thread.takeTexts() })
    return changed.map((one) => (typeof one === 'number' ? one : new StoreUnavailable(one.failed)))
  }

  close(): Promise<void> {
    return this.#thread.close()
  }
}
