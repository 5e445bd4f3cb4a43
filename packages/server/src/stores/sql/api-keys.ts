import type { ApiKey, ApiKeyStore, Scope } from '../../api-keys/store.ts'
import type { SqlDriver, SqlRow } from './driver.ts'

const INSERT = `INSERT INTO api_keys (id, secret_sha256, name, scopes, customer_id, created_at,
    expires_at)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id) DO NOTHING`
const GET = 'SELECT * FROM api_keys WHERE id = ?1'
const LIST = `SELECT * FROM api_keys WHERE (created_at, id) > (?1, ?2)
  ORDER BY created_at, id LIMIT ?3`
const REMOVE = 'DELETE FROM api_keys WHERE id = ?1'
const KEEP_CUSTOMER =
  'INSERT INTO customers (id, created_at) VALUES (?1, ?2) ON CONFLICT (id) DO NOTHING'
const GET_CUSTOMER = 'SELECT id FROM customers WHERE id = ?1'

export function sqlApiKeys(db: SqlDriver): ApiKeyStore {
  return {
    async insert(key) {
      const { id, secretSha256, name, scopes, customerId, createdAt, expiresAt } = key
      const row = [id, secretSha256, name, scopes.join(' '), customerId, createdAt] as const
      return (await db.write([INSERT, ...row, expiresAt ?? null])) > 0
    },
    async get(id) {
      const [row] = await db.rows(GET, [id])
      return row && toApiKey(row)
    },
    async list({ after, limit }) {
      // No key was made before 1970.
      const { createdAt = -1, id = '' } = after ?? {}
      return (await db.rows(LIST, [createdAt, id, limit])).map(toApiKey)
    },
    remove: async (id) => (await db.write([REMOVE, id])) > 0,
    async keepCustomer(id, now) {
      await db.write([KEEP_CUSTOMER, id, now])
    },
    hasCustomer: async (id) => (await db.rows(GET_CUSTOMER, [id])).length > 0,
  }
}

const toApiKey = (row: SqlRow): ApiKey => ({
  id: row.id as string,
  secretSha256: row.secret_sha256 as string,
  name: row.name as string,
  scopes: (row.scopes as string).split(' ').filter((scope) => scope !== '') as Scope[],
  customerId: row.customer_id as string,
  createdAt: Number(row.created_at),
  expiresAt: row.expires_at === null ? undefined : Number(row.expires_at),
})
