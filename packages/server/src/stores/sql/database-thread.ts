import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { StoreUnavailable } from '../../errors.ts'
import type { SqlStep, SqlValue } from './driver.ts'

// The same folder holds .ts when run from source and .js when built.
const SUFFIX = extname(import.meta.url)

const TIMEOUT_MS = 5_000

/** A step as a thread is told it: the texts are long and few, so each is told once. */
export type NumberedStep = readonly [statement: number, ...params: SqlValue[]]

/** The texts of statements that the thread has not seen before. */
export type Texts = readonly (readonly [statement: number, sql: string])[]

export type Failed = { readonly failed: string }

/** What `work` fulfils with, or `StoreUnavailable` when that takes too long. */
export function inTime<T>(work: Promise<T>): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const late = () => reject(new StoreUnavailable('the database did not answer in time'))
  const timer = setTimeout(late, TIMEOUT_MS)
  work.then(resolve, reject).finally(() => clearTimeout(timer))
  return promise
}

/**
 * One worker thread seen from outside: tasks go in, answers come back under the number of their task. A
 * thread that dies takes its unanswered tasks with it (`StoreUnavailable`); the next task starts
 * another.
 */
export class DatabaseThread<Task extends object, Answer extends object> {
  readonly #file: URL
  readonly #options: unknown
  #worker: Worker | undefined
  #asked = 0
  readonly #unanswered = new Map<
    number,
    { resolve(answer: Answer | Failed): void; reject(reason: unknown): void }
  >()
  /** Numbers of the SQL texts this thread has been told. */
  readonly #numbers = new Map<string, number>()
  #news: (readonly [number, string])[] = []

  /** @param file Of the thread's program, in this folder and without its suffix. */
  constructor(file: string, options: unknown) {
    this.#file = new URL(`./${file}${SUFFIX}`, import.meta.url)
    this.#options = options
  }

  /** Fulfils with the thread's answer. @throws {StoreUnavailable} When it failed, or the thread ended. */
  async ask(task: Task | { close: true }): Promise<Answer> {
    this.#worker ??= this.#start()
    const worker = this.#worker
    this.#asked += 1
    const id = this.#asked
    const answer = await new Promise<Answer | Failed>((resolve, reject) => {
      worker.postMessage([id, task])
      this.#unanswered.set(id, { resolve, reject })
    })
    if ('failed' in answer) throw new StoreUnavailable(answer.failed)
    return answer
  }

  /** Of a task: `texts` has to be taken once its steps are numbered, and sent with it. */
  numbered([sql, ...params]: SqlStep): NumberedStep {
    let id = this.#numbers.get(sql)
    if (id === undefined) {
      id = this.#numbers.size
      this.#numbers.set(sql, id)
      this.#news.push([id, sql])
    }
    return [id, ...params]
  }

  takeTexts(): Texts {
    const news = this.#news
    if (news.length > 0) this.#news = []
    return news
  }

  /** How many tasks wait for their answer. */
  get unanswered(): number {
    return this.#unanswered.size
  }

  /** Lets the thread finish what it was asked, and waits for its end. */
  async close(): Promise<void> {
    const worker = this.#worker
    if (worker === undefined) return
    const ended = new Promise((resolve) => worker.once('exit', resolve))
    // Its answer may be overtaken by its end, which says the same.
    this.ask({ close: true }).catch(() => {})
    // A disk that never answers must not keep the process.
    await inTime(ended).catch(() => worker.terminate())
  }

  #start(): Worker {
    const worker = new Worker(this.#file, { workerData: this.#options })
    worker.on('message', ([id, answer]: [number, Answer | Failed]) => {
      this.#unanswered.get(id)?.resolve(answer)
      this.#unanswered.delete(id)
    })
    worker.on('error', (cause) => this.#ended(worker, cause as Error))
    worker.on('exit', () => this.#ended(worker, new Error('it exited')))
    return worker
  }

  #ended(worker: Worker, cause: Error): void {
    if (worker !== this.#worker) return
    // The next thread knows none of the texts.
    this.#worker = undefined
    this.#news = [...this.#numbers].map(([sql, id]) => [id, sql])
    const unanswered = [...this.#unanswered.values()]
    this.#unanswered.clear()
    for (const task of unanswered) {
      task.reject(new StoreUnavailable(`the database thread ended: ${cause.message}`, { cause }))
    }
  }
}
