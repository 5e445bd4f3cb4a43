import type { Stores } from '../open.ts'
import { sqlApiKeys } from './api-keys.ts'
import { sqlAttempts } from './attempts.ts'
import { sqlClients } from './clients.ts'
import type { SqlDriver } from './driver.ts'
import { sqlDuties } from './duties.ts'
import { sqlKeys } from './keys.ts'
import { sqlAssertions, sqlUses } from './machines.ts'
import { sqlRevocations } from './revocations.ts'
import { sqlSessions } from './sessions.ts'
import { sqlTransactions } from './transactions.ts'
import { sqlUsers } from './users.ts'

/** Every store that SQLite and PostgreSQL have alike. */
export const sqlStores = (driver: SqlDriver): Omit<Stores, 'limits'> => ({
  transactions: sqlTransactions(driver),
  apiKeys: sqlApiKeys(driver),
  clients: sqlClients(driver),
  assertions: sqlAssertions(driver),
  uses: sqlUses(driver),
  users: sqlUsers(driver),
  sessions: sqlSessions(driver),
  revocations: sqlRevocations(driver),
  attempts: ({ now }) => sqlAttempts(driver, now),
  duties: sqlDuties(driver),
  keys: sqlKeys(driver),
  ping: () => driver.ping(),
  close: () => driver.close(),
})
