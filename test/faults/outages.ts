/** Ways in which PostgreSQL is there and does not answer, and what ends each of them. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FaultProxy } from '../support/fault-proxy.ts'
import type { PostgresServer, TestDatabase } from '../support/postgres.ts'

interface Place {
  proxy: FaultProxy
  server: PostgresServer
  database: TestDatabase
}

const END_SESSIONS =
  "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'jotter'"

/** Every process of the server stands still, until what it gives is called. */
export function standStill({ pid }: PostgresServer): () => void {
  const stopped: number[] = []
  const stop = (each: number) => {
    stopped.push(each)
    process.kill(each, 'SIGSTOP')
  }
  // The first one first: it starts no others then.
  stop(pid)
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
  const all = stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number))
  for (const [each, parent] of all) if (each !== undefined && parent === pid) stop(each)
  return () => {
    for (const each of stopped.splice(0)) process.kill(each, 'SIGCONT')
  }
}

export interface Outage {
  id: string
  /** What the database does. */
  name: string
  /** Begins it; gives what ends it. */
  begin(place: Place): Promise<() => unknown>
}

export const OUTAGES: readonly Outage[] = [
  {
    id: 'F-06',
    name: 'refuses connections',
    async begin({ proxy }) {
      await proxy.refuse(true)
      return () => proxy.refuse(false)
    },
  },
  {
    id: 'F-06',
    name: 'is a black hole',
    async begin({ proxy }) {
      proxy.swallow(true)
      return async () => proxy.swallow(false)
    },
  },
  {
    id: 'F-06',
    name: 'stands still',
    begin: async ({ server }) => standStill(server),
  },
  {
    id: 'F-06',
    name: 'answers after three seconds',
    async begin({ proxy }) {
      proxy.delay(1_500)
      return async () => proxy.delay(0)
    },
  },
  {
    id: 'F-06',
    name: 'has no connection left',
    async begin({ database }) {
      await database.query('ALTER ROLE jotter CONNECTION LIMIT 0')
      await database.query(END_SESSIONS)
      return () => database.query('ALTER ROLE jotter CONNECTION LIMIT -1')
    },
  },
  {
    id: 'F-04',
    name: 'waits for a lock',
    async begin({ database }) {
      const locked = database.query('BEGIN; LOCK TABLE transactions; SELECT pg_sleep(600)')
      const ended = assert.rejects(locked, /terminating/)
      const holders = (what: string) =>
        database.query(`SELECT ${what} FROM pg_locks
        WHERE relation = 'transactions'::regclass AND mode = 'AccessExclusiveLock' AND granted`)
      while ((await holders('pid')).length === 0) await sleep(10)
      return async () => {
        await holders('pg_terminate_backend(pid)')
        await ended
      }
    },
  },
]
