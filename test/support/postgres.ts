/**
 * A real PostgreSQL for the tests of one file, with its own data and the settings of production: it
 * syncs. Every test gets a database of its own in it. What is started here ends with the process
 * that has started it, however that ends.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import './interrupted.ts'
import {
  PASSWORD,
  type PostgresInstall,
  postgresInstall,
  ROLE,
  SUPERUSER,
} from './postgres-install.ts'
import type { Owner } from './service.ts'

const START_TIMEOUT_MS = 20_000
const STOP_TIMEOUT_MS = 10_000
/** Of what the server writes, for the message when it fails. */
const OUTPUT_KEPT = 16_384

/**
 * The server in a shell that reads from a pipe which this process holds. When the pipe ends, this
 * process has ended without its hooks: the server ends too, and the folder of both goes.
 */
const LIFELINE = `exec 3<&0
"$@" </dev/null 3<&- & server=$!
(read _ <&3; : >abandoned; kill -QUIT $server) & guard=$!
wait $server; code=$?
if [ -e abandoned ]; then rm -rf "$PWD"; else kill $guard; fi
exit $code`

/** How the server ends: rolling back what runs, or as if the power were cut. */
export type StopMode = 'fast' | 'immediate'
const SIGNAL = { fast: 'SIGINT', immediate: 'SIGQUIT' } as const

/** Of a database that the next test may have: making another one takes ten times as long. */
const EMPTY = `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid();
  DROP SCHEMA public CASCADE;
  CREATE SCHEMA public AUTHORIZATION pg_database_owner;`

const LOCKED = `SELECT FROM pg_locks
  WHERE relation = $1::regclass AND mode = 'AccessExclusiveLock' AND granted`

export interface TestDatabase extends AsyncDisposable {
  readonly name: string
  /** As `DATABASE_URL` takes it, with a password. */
  readonly url: string
  /** One statement, in this database and as its superuser. */
  query(sql: string, values?: unknown[]): Promise<Record<string, unknown>[]>
  /** Fulfils when nobody else can read `table` any more, for so many seconds. */
  lock(table: string, seconds: number): Promise<{ released: Promise<unknown> }>
}

export interface PostgresServer {
  /** Of everything that it writes. */
  readonly folder: string
  readonly port: number
  /** Of the process that starts all others; another one after each start. */
  readonly pid: number
  /** An empty database, for nobody else until it is disposed of. */
  createDatabase(): Promise<TestDatabase>
  /** One that is there. */
  database(name: string): Pick<TestDatabase, 'name' | 'url' | 'query' | 'lock'>
  stop(mode: StopMode): Promise<void>
  /** On the same port, with the same data. */
  start(): Promise<void>
  /** The last of what it wrote. */
  output(): string
}

interface PostgresOptions {
  /** Executed in the folder of the server: a command that executes the one behind it. */
  under?: readonly string[]
  /** The folder of data that it begins with, of a server that has ended; an empty one by default. */
  from?: string
  /** Whether it follows the server that its settings name. */
  standby?: boolean
}

export async function startPostgres(
  owner: Owner,
  settings: Record<string, string> = {},
  { under = [], from, standby = false }: PostgresOptions = {},
) {
  const install = postgresInstall()
  const folder = mkdtempSync(join(install.temporary, 'jotter-pg-'))
  const abandon = () => rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
  process.once('exit', abandon)
  const data = copyCluster({ ...install, ...(from && { cluster: from }) }, folder)
  if (standby) writeFileSync(join(data, 'standby.signal'), '')
  const all = { ...settings, port: String(await freePort()) }
  const server = openServer(folder, data, install, all, under)
  owner.after(async () => {
    await server.stop('immediate')
    abandon()
    process.off('exit', abandon)
  })
  await server.start()
  return server
}

/**
 * A standby of `primary`, whose commits wait for it from now on. The primary is started again.
 *
 * @param port Where the standby finds the primary: its own port or that of a proxy.
 */
export async function startStandby(
  owner: Owner,
  primary: PostgresServer,
  port: number,
): Promise<PostgresServer> {
  // Takes effect with the next start.
  await primary.database('postgres').query("ALTER SYSTEM SET synchronous_standby_names = '*'")
  await primary.stop('fast')
  const from = `host=127.0.0.1 port=${port} user=${SUPERUSER} password='${PASSWORD}'`
  const settings = {
    primary_conninfo: from,
    // The primary is not there yet.
    wal_retrieve_retry_interval: '100ms',
    // Once it is promoted, it waits for nobody.
    synchronous_standby_names: '',
  }
  const data = join(primary.folder, 'data')
  const standby = await startPostgres(owner, settings, { from: data, standby: true })
  await primary.start()
  return standby
}

function copyCluster({ cluster, runAs }: PostgresInstall, folder: string): string {
  if (runAs.uid !== undefined) chownSync(folder, runAs.uid, runAs.gid ?? runAs.uid)
  const data = join(folder, 'data')
  const { status, stderr } = spawnSync('cp', ['-Rp', cluster, data], { ...runAs, cwd: folder })
  if (status !== 0) throw new Error(`the data could not be copied: ${stderr}`)
  return data
}

function openServer(
  folder: string,
  data: string,
  { native, runAs }: PostgresInstall,
  settings: Record<string, string>,
  under: readonly string[],
): PostgresServer {
  const port = Number(settings.port)
  const all = { listen_addresses: '127.0.0.1', unix_socket_directories: '', ...settings }
  const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const command = [...under, join(native, 'bin', 'postgres'), '-D', data, ...flags]
  let child: ChildProcess | undefined
  let output = ''
  let databases = 0
  const emptied: string[] = []

  const urlOf = (role: string, database: string) =>
    `postgres://${role}:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/${database}`

  async function query(database: string, sql: string, values: unknown[] = []) {
    const client = new pg.Client({ connectionString: urlOf(SUPERUSER, database) })
    await client.connect()
    try {
      return (await client.query(sql, values)).rows
    } finally {
      await client.end()
    }
  }

  async function newDatabase(): Promise<string> {
    databases += 1
    const name = `test_${databases}`
    await query('postgres', `CREATE DATABASE ${name} OWNER ${ROLE}`)
    return name
  }

  const database: PostgresServer['database'] = (name) => ({
    name,
    url: urlOf(ROLE, name),
    query: (sql, values) => query(name, sql, values),
    async lock(table, seconds) {
      const lock = `BEGIN; LOCK TABLE ${table}; SELECT pg_sleep(${seconds}); ROLLBACK`
      const released = query(name, lock)
      while ((await query(name, LOCKED, [table])).length === 0) await sleep(5)
      return { released }
    },
  })

  const pid = () => Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0])

  return {
    folder,
    port,
    get pid() {
      return pid()
    },
    output: () => output,
    database,

    async start() {
      output = ''
      const started = spawn('sh', ['-c', LIFELINE, 'sh', ...command], {
        ...runAs,
        cwd: folder,
        // Messages are read below; nothing else of this environment matters to the server.
        env: { PATH: process.env.PATH, LC_MESSAGES: 'C' },
        stdio: ['pipe', 'ignore', 'pipe'],
      })
      child = started
      const { promise: ready, resolve, reject } = Promise.withResolvers<void>()
      const fail = (why: string) => reject(new Error(`PostgreSQL ${why}:\n${output}`))
      const timer = setTimeout(() => fail('did not start'), START_TIMEOUT_MS)
      started.once('exit', (code) => fail(`ended with ${code}`))
      started.stderr.on('data', (text) => {
        output = (output + text).slice(-OUTPUT_KEPT)
        if (/is ready to accept (read-only )?connections/.test(output)) resolve()
      })
      await ready.finally(() => clearTimeout(timer))
    },

    async stop(mode) {
      const stopping = child
      child = undefined
      if (stopping === undefined || stopping.exitCode !== null) return
      const ended = once(stopping, 'exit')
      process.kill(pid(), SIGNAL[mode])
      const timer = setTimeout(() => stopping.stdin?.destroy(), STOP_TIMEOUT_MS)
      await ended
      clearTimeout(timer)
    },

    async createDatabase() {
      const name = emptied.pop() ?? (await newDatabase())
      return {
        ...database(name),
        async [Symbol.asyncDispose]() {
          await query(name, EMPTY)
          emptied.push(name)
        },
      }
    },
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}
