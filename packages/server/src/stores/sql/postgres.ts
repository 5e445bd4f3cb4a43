import { setImmediate as nextTurn } from 'node:timers/promises'
import pg from 'pg'
import { StoreUnavailable } from '../../errors.ts'
import type { CommitListener, SqlDriver, SqlRow, SqlStep, SqlValue } from './driver.ts'
import { groupCommit } from './group-commit.ts'
import { MigrationError } from './migrations.ts'
import { listen } from './postgres-listener.ts'
import { migratePostgres } from './postgres-migrate.ts'
import {
  endPool,
  endSession,
  openSession,
  postgresConfig,
  toUnavailable,
} from './postgres-session.ts'
import { type ColumnTypes, hasNul, postgresStatements } from './postgres-statements.ts'
import { PostgresWriter } from './postgres-writer.ts'

/** Connections that commit. */
const WRITERS = 2
/** A commit that takes longer waits for a disk, a standby or a lock, and the next need not wait with it. */
const PATIENCE_MS = 5
/** Queries that may wait at once; one more is refused. */
const MAX_UNANSWERED = 10_000

/** A transaction that writes to the log and to no row: no lock of another node is in its way. */
const PROBE: SqlStep = ["SELECT pg_logical_emit_message(true, 'jotter', 'ready')"]

/** A statement that was prepared before a newer node changed the schema. */
const STALE = '0A000'
/** A commit that failed makes the store not ready for so long, though the probe may still pass. */
const FAILED_MS = 1_000

const COLUMNS = `SELECT table_name || '.' || column_name AS name, data_type AS type
  FROM information_schema.columns WHERE table_schema = current_schema()`

export interface PostgresOptions {
  /** Applied when the schema is new or older. */
  now: number
  /** Connections that read and write, 10 by default. */
  connections?: number
  /** Milliseconds after which nobody waits for the server any more, 1500 by default. */
  timeoutMs?: number
  onCommit?: CommitListener
}

/**
 * The engine for more than one machine. Writes that wait together share one transaction and, where
 * they are inserts, one statement; reads have connections of their own.
 *
 * @param url As `pg` reads it: `postgres://user:password@host:5432/database?sslmode=verify-full`.
 * @throws {StoreUnavailable} When the server does not answer, or does not keep what it acknowledges.
 * @throws {MigrationError} When the schema is of a newer jotter, or a migration was changed.
 */
export async function openPostgres(
  url: string,
  { now, connections = 10, timeoutMs = 1_500, onCommit = () => {} }: PostgresOptions,
): Promise<SqlDriver> {
  const config = postgresConfig(url, timeoutMs)
  // At the start nobody waits for an answer yet, and another node may be migrating.
  const patient = { ...config, connectionTimeoutMillis: 2 * timeoutMs, query_timeout: 0 }
  const statements = postgresStatements(await setUp(patient, now))
  const open = () => openSession(config)
  const writers = Array.from({ length: WRITERS }, () => new PostgresWriter({ open, statements }))
  const free = [...writers]
  const readers = new pg.Pool({ ...config, max: connections - WRITERS })
  // Of a connection that nobody uses; the next query opens another.
  readers.on('error', () => {})
  const reading = new Set<pg.ClientBase>()
  readers.on('connect', (client) => reading.add(client))
  readers.on('remove', (client) => reading.delete(client))
  let closed = false
  let unanswered = 0
  /** Of the last commit of anything but the probe, if it failed: a full disk stops only some writes. */
  let failedAt = Number.NEGATIVE_INFINITY

  const { add, drained } = groupCommit(commit, {
    maxWaiting: 20_000,
    maxBatch: 1_000,
    timeoutMs,
    maxInFlight: WRITERS,
    patienceMs: PATIENCE_MS,
  })

  async function commit(batch: (readonly SqlStep[])[]) {
    const writer = free.pop() as PostgresWriter
    const started = performance.now()
    const onlyProbe = batch.every(([step]) => step === PROBE)
    try {
      const answers = await writer.commit(batch)
      onCommit(batch.length, (performance.now() - started) / 1000)
      if (!onlyProbe) failedAt = Number.NEGATIVE_INFINITY
      free.push(writer)
      return answers
    } catch (error) {
      if (!onlyProbe) failedAt = performance.now()
      // Behind the other: one that cannot connect fails fastest, and would be the first again.
      free.unshift(writer)
      throw error
    }
  }

  async function rows(sql: string, params: readonly SqlValue[]): Promise<SqlRow[]> {
    if (closed) throw new StoreUnavailable('the database is closed')
    if (unanswered >= MAX_UNANSWERED) throw new StoreUnavailable('too many queries are waiting')
    if (hasNul(params)) return []
    unanswered += 1
    const answer = query(sql, params).finally(() => {
      unanswered -= 1
    })
    try {
      return await inTime(answer)
    } catch (error) {
      throw toUnavailable(error)
    }
  }

  /** To wait for a connection and for an answer each has its bound; this is of both together. */
  async function inTime<T>(answer: Promise<T>): Promise<T> {
    const late = Promise.withResolvers<never>()
    const giveUp = () => late.reject(new StoreUnavailable('the query was not answered in time'))
    const timer = setTimeout(giveUp, timeoutMs)
    try {
      return await Promise.race([answer, late.promise])
    } finally {
      clearTimeout(timer)
    }
  }

  /** A connection that fails is closed; each may have prepared the statement before the change. */
  async function query(
    sql: string,
    params: readonly SqlValue[],
    tries = connections,
  ): Promise<SqlRow[]> {
    try {
      return (await readers.query({ ...statements.of(sql), values: [...params] })).rows
    } catch (error) {
      if ((error as { code?: string }).code !== STALE || tries === 1) throw error
      return query(sql, params, tries - 1)
    }
  }

  // Hands the promise on: awaiting it here would make two more for every token.
  function write(...steps: readonly SqlStep[]): Promise<number> {
    if (closed) return Promise.reject(new StoreUnavailable('the database is closed'))
    return steps.some(hasNul) ? Promise.resolve(0) : add(steps)
  }

  return {
    rows,
    write,
    watch: (channel, changed) => listen(open, channel, changed),
    async ping() {
      if (performance.now() - failedAt < FAILED_MS) {
        throw new StoreUnavailable('the last commit has failed')
      }
      await Promise.all([write(PROBE), rows('SELECT 1', [])])
    },
    async close() {
      // What was asked before may ask for more: a read decides about the write after it.
      for (let quiet = false; !quiet; ) {
        quiet = unanswered === 0
        await nextTurn()
        await drained()
      }
      closed = true
      await Promise.all([...writers.map((writer) => writer.close()), endPool(readers, reading)])
    },
  }
}

async function setUp(config: pg.ClientConfig, now: number): Promise<ColumnTypes> {
  const { client } = await openSession(config)
  try {
    await migratePostgres(client, now)
    const { rows } = await client.query(COLUMNS)
    return new Map(rows.map(({ name, type }) => [name, type]))
  } catch (error) {
    throw error instanceof MigrationError ? error : toUnavailable(error)
  } finally {
    await endSession(client)
  }
}
