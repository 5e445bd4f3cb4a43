/**
 * A past for the service's own store: its migrations, its customer, rows as it writes them.
 *
 * @module
 */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { ownCustomer } from '../packages/server/src/customer.ts'
import { readSettings } from '../packages/server/src/settings-sources.ts'
import { openStores } from '../packages/server/src/stores/open.ts'
import { ROWS_PER_SEGMENT } from '../packages/server/src/stores/sql/segments.ts'
import type { Row } from './floors/http.ts'

const LIFE_MS = 80_000

/** Makes the service's store in the empty folder `dir` and fills it, the quickest way. */
export async function fillService(dir: string, rows: Iterable<Row>) {
  const file = join(dir, 'jotter.db')
  const stores = await openStores(`sqlite:${file}`, { now: Date.now() })
  const { settings } = readSettings({
    flags: { data: dir },
    environment: {},
    readFile: () => '',
    dotEnv: () => undefined,
  })
  const { id } = ownCustomer(settings, false)
  await stores.apiKeys.keepCustomer(id, Date.now())
  await stores.close()

  const db = new DatabaseSync(file)
  db.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -524288; BEGIN')
  const insert =
    db.prepare(`INSERT INTO transactions (customer_id, xid, phone_number, status, token,
      issued_at, expires_at, updated_at, opened_at, opened_by, segment)
    VALUES (?1, ?2, ?3, 'issued', ?4, ?5, ?6, ?5, ?5, 'open', ?7)`)
  const open = db.prepare('INSERT INTO segments (begins_at) VALUES (?1)')
  let count = 0
  let segment = 0
  for (const { xid, phone, token, issuedAt } of rows) {
    if (count > 0 && count % ROWS_PER_SEGMENT === 0) {
      segment = issuedAt
      open.run(segment)
    }
    insert.run(id, xid, phone, token, issuedAt, issuedAt + LIFE_MS, segment)
    count += 1
  }
  db.exec('COMMIT; PRAGMA journal_mode = WAL')
  db.close()
}
