/**
 * The thread that commits to PostgreSQL. It has a connection for each batch that may be under way at
 * once; which of them is free is known here only.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { StoreUnavailable } from '../../errors.ts'
import type { Failed, NumberedStep, Texts } from './database-thread.ts'
import type { SqlStep } from './driver.ts'
import { openSession, postgresConfig } from './postgres-session.ts'
import { type ColumnTypes, postgresStatements } from './postgres-statements.ts'
import { PostgresWriter } from './postgres-writer.ts'

export interface WorkerOptions {
  url: string
  timeoutMs: number
  types: ColumnTypes
  /** Connections. No more batches are asked for at once. */
  writers: number
}

export type WorkerTask = { commit: NumberedStep[][]; texts: Texts } | { close: true }

export interface WorkerAnswer {
  changed: (number | Failed)[]
}

const { url, timeoutMs, types, writers: count } = workerData as WorkerOptions
const config = postgresConfig(url, timeoutMs)
const statements = postgresStatements(types)
const open = () => openSession(config)
const writers = Array.from({ length: count }, () => new PostgresWriter({ open, statements }))
const free = [...writers]
const texts: string[] = []

const written = ([id, ...params]: NumberedStep): SqlStep => [texts[id] as string, ...params]

async function commit(batch: readonly (readonly SqlStep[])[]): Promise<WorkerAnswer> {
  const writer = free.pop() as PostgresWriter
  try {
    const answers = await writer.commit(batch)
    free.push(writer)
    return { changed: answers.map((one) => (one instanceof StoreUnavailable ? failed(one) : one)) }
  } catch (error) {
    // Behind the other: one that cannot connect fails fastest, and would be the first again.
    free.unshift(writer)
    throw error
  }
}

const failed = (error: unknown): Failed => ({ failed: (error as Error).message })

parentPort?.on('message', async ([id, task]: [number, WorkerTask]) => {
  if ('close' in task) {
    await Promise.all(writers.map((writer) => writer.close()))
    parentPort?.close()
    return
  }
  for (const [number, sql] of task.texts) texts[number] = sql
  const batch = task.commit.map((steps) => steps.map(written))
  parentPort?.postMessage([id, await commit(batch).catch(failed)])
})
