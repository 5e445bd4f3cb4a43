import type { ApiKeyStore } from '../api-keys/store.ts'
import type { DutyStore } from '../duties.ts'
import type { TransactionStore } from '../flows/transaction/store.ts'
import type { LimitStore } from '../limits/store.ts'
import { memoryApiKeys } from './memory/api-keys.ts'
import { memoryDuties } from './memory/duties.ts'
import { memoryTransactions } from './memory/transactions.ts'
import type { CommitListener } from './sql/driver.ts'

/** Every store of the service, on one engine. */
export interface Stores {
  transactions: TransactionStore
  apiKeys: ApiKeyStore
  duties: DutyStore
  /** Of an engine that several nodes can share. */
  limits?: LimitStore
  /** Fulfils when a write could be done now; rejects with `StoreUnavailable`. */
  ping(): Promise<void>
  /** Finishes what was accepted, then lets go. */
  close(): Promise<void>
}

export interface StoreOptions {
  /** Epoch milliseconds, for the record of an applied migration. */
  now: number
  onCommit?: CommitListener
}

/**
 * Opens the engine that `url` names and brings its schema up to date: `sqlite:PATH` or `memory:`.
 *
 * @throws {StoreUnavailable} When the database cannot be opened.
 * @throws {MigrationError} When its schema is newer than this binary.
 */
export async function openStores(url: string, options: StoreOptions): Promise<Stores> {
  if (url === 'memory:') {
    return {
      transactions: memoryTransactions(),
      apiKeys: memoryApiKeys(),
      duties: memoryDuties(),
      ping: async () => {},
      close: async () => {},
    }
  }
  // Loaded only here: nobody pays for an engine that is not used.
  const [{ openSqlite }, { sqlTransactions }, { sqlApiKeys }, { sqlDuties }] = await Promise.all([
    import('./sql/sqlite.ts'),
    import('./sql/transactions.ts'),
    import('./sql/api-keys.ts'),
    import('./sql/duties.ts'),
  ])
  const driver = openSqlite(url.slice('sqlite:'.length), options)
  return {
    transactions: sqlTransactions(driver),
    apiKeys: sqlApiKeys(driver),
    duties: sqlDuties(driver),
    ping: () => driver.ping(),
    close: () => driver.close(),
  }
}
