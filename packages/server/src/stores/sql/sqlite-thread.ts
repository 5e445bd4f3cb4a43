import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { StoreUnavailable } from '../../errors.ts'
import type { SqlStep, SqlValue } from './driver.ts'
import type { WorkerAnswer, WorkerOptions, WorkerTask } from './sqlite-worker.ts'

// The same folder holds .ts when run from source and .js when built.
const WORKER = new URL(`./sqlite-worker${extname(import.meta.url)}`, import.meta.url)

/** Queries that may wait at once; one more is refused. */
const MAX_UNANSWERED = 10_000
const TIMEOUT_MS = 5_000

/** What `work` fulfils with, or `StoreUnavailable` when that takes too long. */
function inTime<T>(work: Promise<T>): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const late = () => reject(new StoreUnavailable('the database did not answer in time'))
  const timer = setTimeout(late, TIMEOUT_MS)
  work.then(resolve, reject).finally(() => clearTimeout(timer))
  return promise
}

type Numbered = [statement: number, ...params: SqlValue[]]

/**
 * One worker thread seen from outside: tasks go in, answers come back in the same order. A thread
 * that dies takes its unanswered tasks with it (`StoreUnavailable`); the next task starts another.
 */
export class SqliteThread {
  readonly #options: WorkerOptions
  #worker: Worker | undefined
  #unanswered: { resolve(answer: WorkerAnswer): void; reject(reason: unknown): void }[] = []
  /** Numbers of the SQL texts this thread has been told. */
  #numbers = new Map<string, number>()
  #news: [number, string][] = []

  constructor(options: WorkerOptions) {
    this.#options = options
  }

  async commit(batch: readonly (readonly SqlStep[])[]): Promise<number[]> {
    const commit = batch.map((steps) => steps.map((step) => this.#number(step)))
    const answer = await this.#ask({ commit, texts: this.#takeNews() })
    return (answer as { changed: number[] }).changed
  }

  async query(sql: string, params: readonly SqlValue[]) {
    if (this.#unanswered.length >= MAX_UNANSWERED) {
      throw new StoreUnavailable('too many queries are waiting')
    }
    const query = this.#number([sql, ...params])
    const answer = await inTime(this.#ask({ query, texts: this.#takeNews() }))
    return (answer as Extract<WorkerAnswer, { rows: unknown }>).rows
  }

  /** Copies the write-ahead log into the file, as far as no reader still needs the old pages. */
  async checkpoint() {
    return (await this.#ask({ checkpoint: true })) as { frames: number; copied: number }
  }

  /** Whether everything it was asked has been answered. */
  get quiet(): boolean {
    return this.#unanswered.length === 0
  }

  /** Lets the thread finish what it was asked, and waits for its end. */
  async close(): Promise<void> {
    const worker = this.#worker
    if (worker === undefined) return
    const ended = new Promise((resolve) => worker.once('exit', resolve))
    // Its answer may be overtaken by its end, which says the same.
    this.#ask({ close: true }).catch(() => {})
    // A disk that never answers must not keep the process.
    await inTime(ended).catch(() => worker.terminate())
  }

  #number([sql, ...params]: SqlStep): Numbered {
    let id = this.#numbers.get(sql)
    if (id === undefined) {
      id = this.#numbers.size
      this.#numbers.set(sql, id)
      this.#news.push([id, sql])
    }
    return [id, ...params]
  }

  #takeNews(): [number, string][] {
    const news = this.#news
    if (news.length > 0) this.#news = []
    return news
  }

  async #ask(task: WorkerTask): Promise<WorkerAnswer> {
    this.#worker ??= this.#start()
    const worker = this.#worker
    const answer = await new Promise<WorkerAnswer>((resolve, reject) => {
      worker.postMessage(task)
      this.#unanswered.push({ resolve, reject })
    })
    if ('failed' in answer) throw new StoreUnavailable(answer.failed)
    return answer
  }

  #start(): Worker {
    const worker = new Worker(WORKER, { workerData: this.#options })
    worker.on('message', (answer: WorkerAnswer) => this.#unanswered.shift()?.resolve(answer))
    worker.on('error', (cause) => this.#ended(worker, cause as Error))
    worker.on('exit', () => this.#ended(worker, new Error('it exited')))
    return worker
  }

  #ended(worker: Worker, cause: Error): void {
    if (worker !== this.#worker) return
    // The next thread knows none of the texts.
    this.#worker = undefined
    this.#news = [...this.#numbers].map(([sql, id]) => [id, sql])
    for (const task of this.#unanswered.splice(0)) {
      task.reject(new StoreUnavailable(`the database thread ended: ${cause.message}`, { cause }))
    }
  }
}
