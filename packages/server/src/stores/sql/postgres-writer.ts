import { StoreUnavailable } from '../../errors.ts'
import { mayChangeNothing, type SqlStep } from './driver.ts'
import { commitBatch, firstSteps } from './postgres-batch.ts'
import { findRows, rowsOf } from './postgres-rows.ts'
import { endSession, outlive, type PostgresSession, toUnavailable } from './postgres-session.ts'
import type { PostgresStatements } from './postgres-statements.ts'

type Batch = readonly (readonly SqlStep[])[]

const BACK_OFF_MS = { least: 50, most: 1_000 }
/** Nothing of it was kept, and the same again may succeed: deadlock, serialization failure. */
const PASSING = ['40P01', '40001']
const TRIES = 3
/** One write has failed the others: its values, or a constraint that it breaks. */
const OF_ONE_WRITE = /^2[23]/

/** Locked one after the other, while who has one of them may wait for another: not beside others. */
const hasManyRows = (write: Batch[number]): boolean => write.some(([sql]) => mayChangeNothing(sql))

interface PostgresWriterOptions {
  open(): Promise<PostgresSession>
  statements: PostgresStatements
}

/**
 * One connection that commits batches. It is opened when it is needed; after a failure not again
 * before a pause, and what is asked meanwhile is refused at once.
 */
export class PostgresWriter {
  readonly #options: PostgresWriterOptions
  #session: PostgresSession | undefined
  #failures = 0
  #notBefore = 0
  #reason = new StoreUnavailable('the database is not connected')

  constructor(options: PostgresWriterOptions) {
    this.#options = options
  }

  /** Rows that the first step of each write changed, or why this one write has failed. */
  async commit(batch: Batch): Promise<(number | StoreUnavailable)[]> {
    const many = batch.filter(hasManyRows)
    if (many.length === 0 || batch.length === 1) return this.#commit(batch)
    const others = batch.filter((write) => !hasManyRows(write))
    const answers = new Map<Batch[number], number | StoreUnavailable>()
    for (const part of [others, ...many.map((write) => [write])]) {
      if (part.length === 0) continue
      try {
        const kept = await this.#commit(part)
        for (const [i, write] of part.entries()) answers.set(write, kept[i] as number)
      } catch (error) {
        if (answers.size === 0) throw error
        // What was kept is kept; whoever is left need not find out by waiting.
        return batch.map((write) => answers.get(write) ?? toUnavailable(error))
      }
    }
    return batch.map((write) => answers.get(write) as number | StoreUnavailable)
  }

  async #commit(batch: Batch, tries = TRIES): Promise<(number | StoreUnavailable)[]> {
    const session = await this.#connected()
    try {
      return await commitBatch(session.client, this.#options.statements, batch)
    } catch (error) {
      const { code = '' } = error as { code?: string }
      if (!(await this.#rolledBack(session))) return this.#settle(batch, session.lock)
      if (PASSING.includes(code) && tries > 1) return this.#commit(batch, tries - 1)
      if (OF_ONE_WRITE.test(code) && batch.length > 1) return this.#oneByOne(batch)
      throw toUnavailable(error)
    }
  }

  async close(): Promise<void> {
    const session = this.#session
    this.#session = undefined
    if (session !== undefined) await endSession(session.client)
  }

  async #connected(): Promise<PostgresSession> {
    if (this.#session !== undefined && !this.#session.lost) return this.#session
    if (performance.now() < this.#notBefore) throw this.#reason
    try {
      this.#session = await this.#options.open()
      this.#failures = 0
      return this.#session
    } catch (error) {
      const pause = BACK_OFF_MS.least * 2 ** this.#failures
      this.#failures += 1
      // Not all nodes and connections at the same moment.
      this.#notBefore =
        performance.now() + Math.min(pause, BACK_OFF_MS.most) * (0.5 + Math.random() / 2)
      this.#reason = toUnavailable(error)
      throw this.#reason
    }
  }

  /** Whether the session lives: then it has said that the transaction failed, and that is sure. */
  async #rolledBack(session: PostgresSession): Promise<boolean> {
    if (session.lost) return false
    return session.client.query('ROLLBACK').then(
      () => true,
      () => false,
    )
  }

  /**
   * The connection was cut, and nobody knows whether the commit was. Once the old session has ended
   * its rows are there or they are not, and stay so: nothing has to be written a second time.
   */
  async #settle(batch: Batch, lock: number): Promise<(number | StoreUnavailable)[]> {
    await this.close()
    try {
      const { client } = await this.#connected()
      await outlive(client, lock)
      const { inserts } = rowsOf(this.#options.statements, firstSteps(batch))
      const kept = await Promise.all(inserts.map((rows) => findRows(client, rows)))
      // A row that can be seen may still wait for its standby. What is written after it waits too.
      await client.query(`SELECT pg_logical_emit_message(true, 'jotter', 'settled')`)
      const unknown = new StoreUnavailable('the connection was cut while it committed')
      return batch.map((_, place) => (kept.flat().includes(place) ? 1 : unknown))
    } catch (error) {
      throw toUnavailable(error)
    }
  }

  async #oneByOne(batch: Batch): Promise<(number | StoreUnavailable)[]> {
    const answers: (number | StoreUnavailable)[] = []
    for (const write of batch) {
      answers.push(...(await this.#commit([write]).catch((error) => [toUnavailable(error)])))
    }
    return answers
  }
}
