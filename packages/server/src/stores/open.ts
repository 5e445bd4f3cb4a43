import type { ApiKeyStore } from '../api-keys/store.ts'
import type { ClientStore } from '../clients/store.ts'
import type { DutyStore } from '../duties.ts'
import type { AssertionStore, UseStore } from '../flows/machine/store.ts'
import type { SessionStore } from '../flows/session/store.ts'
import type { TransactionStore } from '../flows/transaction/store.ts'
import type { KeyStore } from '../keys/store.ts'
import type { LimitStore } from '../limits/store.ts'
import type { AttemptStore } from '../passwords/attempts.ts'
import { isPostgres } from '../postgres-url.ts'
import type { RevocationStore } from '../revocation/store.ts'
import type { UserStore } from '../users/store.ts'
import { memoryApiKeys } from './memory/api-keys.ts'
import { memoryAttempts } from './memory/attempts.ts'
import { memoryClients } from './memory/clients.ts'
import { memoryDuties } from './memory/duties.ts'
import { memoryKeys } from './memory/keys.ts'
import { memoryAssertions, memoryUses } from './memory/machines.ts'
import { memoryTransactions } from './memory/transactions.ts'
import { memorySessionStores } from './memory/users.ts'
import type { SqlDriver } from './sql/driver.ts'
import type { PostgresOptions } from './sql/postgres.ts'

/** Every store of the service, on one engine. */
export interface Stores {
  transactions: TransactionStore
  apiKeys: ApiKeyStore
  clients: ClientStore
  assertions: AssertionStore
  uses: UseStore
  users: UserStore
  sessions: SessionStore
  revocations: RevocationStore
  /** Made once in a process: what it counts in memory is its own. */
  attempts(clocks: AttemptClocks): AttemptStore
  duties: DutyStore
  keys: KeyStore
  /** Of an engine that several nodes can share. */
  limits?: LimitStore
  /** Fulfils when a write could be done now; rejects with `StoreUnavailable`. */
  ping(): Promise<void>
  /** Finishes what was accepted, then lets go. */
  close(): Promise<void>
}

export interface AttemptClocks {
  /** Epoch milliseconds: what nodes share is told in these. */
  now: () => number
  /** Milliseconds of a clock that is never set back. */
  monotonic: () => number
}

/** `now` is for the record of an applied migration; what is of PostgreSQL means nothing elsewhere. */
export type StoreOptions = PostgresOptions

/**
 * Opens the engine that `url` names and brings its schema up to date: `sqlite:PATH`,
 * `postgres://...` or `memory:`.
 *
 * @throws {StoreUnavailable} When the database cannot be opened.
 * @throws {MigrationError} When its schema is newer than this binary.
 */
export async function openStores(url: string, options: StoreOptions): Promise<Stores> {
  if (url === 'memory:') {
    return {
      transactions: memoryTransactions(),
      apiKeys: memoryApiKeys(),
      clients: memoryClients(),
      assertions: memoryAssertions(),
      uses: memoryUses(),
      ...memorySessionStores(),
      attempts: ({ monotonic }) => memoryAttempts(monotonic),
      duties: memoryDuties(),
      keys: memoryKeys(),
      ping: async () => {},
      close: async () => {},
    }
  }
  const [driver, { sqlStores }, limits] = await Promise.all([
    openDriver(url, options),
    import('./sql/stores.ts'),
    isPostgres(url) ? import('./sql/limits.ts') : undefined,
  ])
  return { ...sqlStores(driver), ...(limits && { limits: limits.sqlLimits(driver) }) }
}

/** Loaded only here: nobody pays for an engine that is not used. */
async function openDriver(url: string, options: StoreOptions): Promise<SqlDriver> {
  if (isPostgres(url)) return (await import('./sql/postgres.ts')).openPostgres(url, options)
  const { openSqlite } = await import('./sql/sqlite.ts')
  return openSqlite(url.slice('sqlite:'.length), options)
}
