/**
 * One connection to PostgreSQL that may be believed: what it says is committed is on a disk, and
 * whether it has ended can be found out from another one.
 */
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import pg from 'pg'
import { StoreUnavailable } from '../../errors.ts'

export interface PostgresSession {
  readonly client: pg.Client
  /** Of the advisory lock that stands as long as this session. */
  readonly lock: number
  /** Whether the server has closed it. */
  lost: boolean
}

/** Of two numbers of an advisory lock, the first: "jot", so that nobody else's is meant. */
const LOCK_CLASS = 0x6a6f74
/** The second number is any of these. */
const LOCKS = 2 ** 31
const INT8 = 20
const GOODBYE_MS = 500

/** Integers of 64 bits are numbers here: no time and no count is larger than those are exact. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format: 'text') =>
    oid === INT8 ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
}

/**
 * For connections to `url` whose users have about `timeoutMs`: two thirds of it to get one, since the
 * queue for one is part of that, and as much for the answer. Who has waited long for the first seldom
 * waits for the second. The server gives up before us, since what it has given up is known.
 */
export function postgresConfig(url: string, timeoutMs: number): pg.ClientConfig {
  const part = (share: number) => Math.ceil(timeoutMs * share)
  return {
    connectionString: url,
    fallback_application_name: 'jotter',
    connectionTimeoutMillis: part(2 / 3),
    statement_timeout: part(1 / 2),
    lock_timeout: part(1 / 2),
    // Of a process that stands still in a transaction: its locks must not hold up the others.
    idle_in_transaction_session_timeout: 2 * timeoutMs,
    query_timeout: part(2 / 3),
    keepAlive: true,
    types,
  }
}

const CHECK = `SELECT current_setting('fsync') AS fsync, pg_is_in_recovery() AS standby,
    current_setting('server_encoding') AS encoding,
    set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on'
      ELSE current_setting('synchronous_commit') END, false) AS commit,
    -- Rows are locked in the order of an index: other plans go by where they lie.
    set_config('enable_bitmapscan', 'off', false), set_config('enable_seqscan', 'off', false),
    pg_try_advisory_lock(${LOCK_CLASS}, $1) AS locked`

/** What must hold, and what is said when it does not. */
const DEMANDS: readonly (readonly [(row: Record<string, unknown>) => boolean, string])[] = [
  [({ fsync }) => fsync === 'on', 'its fsync is off: what it acknowledges may be lost'],
  [({ standby }) => standby === false, 'it is a standby, which takes no writes'],
  [({ encoding }) => encoding === 'UTF8', 'its encoding is not UTF8'],
  [({ commit }) => commit !== 'off', 'its synchronous_commit cannot be switched on'],
  [({ locked }) => locked === true, 'its session has no lock of its own'],
]

/** @throws {StoreUnavailable} When the server does not answer, or cannot keep the promise. */
export async function openSession(config: pg.ClientConfig): Promise<PostgresSession> {
  // What is sent does not wait for the answer before it.
  const client = new pg.Client({ ...config, pipeline: true })
  const session = { client, lock: randomInt(LOCKS), lost: false }
  const ended = () => {
    session.lost = true
  }
  client.on('error', ended).on('end', ended)
  try {
    await client.connect()
    const { rows } = await client.query(CHECK, [session.lock])
    const broken = DEMANDS.find(([holds]) => !holds(rows[0]))
    if (broken !== undefined) throw new StoreUnavailable(broken[1])
    return session
  } catch (error) {
    void endSession(client)
    throw toUnavailable(error)
  }
}

/** Ends the connection. A server that says nothing is waited for half a second. */
export async function endSession(client: pg.Client): Promise<void> {
  const timer = setTimeout(() => hangUp(client), GOODBYE_MS)
  await client.end().catch(() => {})
  clearTimeout(timer)
}

/** Ends a pool in the same way. @param clients Its connections that are open. */
export async function endPool(pool: pg.Pool, clients: ReadonlySet<pg.ClientBase>): Promise<void> {
  const timer = setTimeout(() => clients.forEach(hangUp), GOODBYE_MS)
  // Fulfils when it has said goodbye, not when the connections are closed.
  await pool.end()
  while (clients.size > 0) await once(pool, 'remove')
  clearTimeout(timer)
}

function hangUp(client: pg.ClientBase): void {
  const { connection } = client as unknown as { connection: { stream: { destroy(): void } } }
  connection.stream.destroy()
}

/**
 * Fulfils when the session with `lock` has ended, whatever it was doing: then its transaction is
 * committed or not, and stays so. One that hangs, since its client is gone, is ended.
 */
export async function outlive(client: pg.ClientBase, lock: number): Promise<void> {
  await client.query(
    `SELECT pg_terminate_backend(pid) FROM pg_locks
     WHERE locktype = 'advisory' AND classid = ${LOCK_CLASS} AND objid = $1 AND objsubid = 2
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    [lock],
  )
  await client.query(`SELECT pg_advisory_lock(${LOCK_CLASS}, $1)`, [lock])
  await client.query(`SELECT pg_advisory_unlock(${LOCK_CLASS}, $1)`, [lock])
}

/** The sentence and its code, and nothing else of it: further members quote the row. */
export function toUnavailable(error: unknown): StoreUnavailable {
  if (error instanceof StoreUnavailable) return error
  const { message, code } = error as { message?: string; code?: string }
  return new StoreUnavailable([message, code && `(${code})`].filter(Boolean).join(' '))
}
