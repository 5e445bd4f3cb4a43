import {
  type Client,
  type ClientChange,
  type ClientKey,
  type ClientPolicy,
  type ClientStore,
  MAX_KEYS,
} from '../../clients/store.ts'
import type { SqlDriver, SqlRow, SqlStep, SqlValue } from './driver.ts'

const INSERT = `INSERT INTO clients (id, customer_id, key_count, not_before_seconds,
    lifetime_seconds, max_uses, audience, strict, disabled, created_at, updated_at)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT (id) DO NOTHING`
// Neither the kid nor the key may be there already.
const INSERT_KEY = `INSERT INTO client_keys (client_id, kid, thumbprint, public_jwk, created_at)
  VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING`

// One statement reads from one snapshot: the row again with each of its keys.
const SELECT = `SELECT c.*, k.kid, k.thumbprint, k.public_jwk, k.created_at AS registered_at
  FROM clients c JOIN client_keys k ON k.client_id = c.id`
const FIND = `${SELECT} WHERE c.id = ?1 ORDER BY k.seq`
const GET = `${SELECT} WHERE c.id = ?1 AND c.customer_id = ?2 ORDER BY k.seq`
const LIST = `SELECT * FROM clients WHERE customer_id = ?1 AND (created_at, id) > (?2, ?3)
  ORDER BY created_at, id LIMIT ?4`
const REMOVE = 'DELETE FROM clients WHERE id = ?1 AND customer_id = ?2'

// The row of the client decides whose turn it is; without a key to add or remove it is left as it was.
const COUNT_KEY = `UPDATE clients SET key_count = key_count + 1, updated_at = ?3
  WHERE id = ?1 AND customer_id = ?2 AND key_count < ${MAX_KEYS}`
const UNCOUNT_KEY = `UPDATE clients SET key_count = key_count - 1, updated_at = ?3
  WHERE id = ?1 AND customer_id = ?2 AND key_count > 1`
const REMOVE_KEY = 'DELETE FROM client_keys WHERE client_id = ?1 AND kid = ?2'

/** Of each member of a policy, its column. */
const COLUMNS: Readonly<Record<keyof ClientPolicy, string>> = {
  notBeforeSeconds: 'not_before_seconds',
  lifetimeSeconds: 'lifetime_seconds',
  maxUses: 'max_uses',
  audience: 'audience',
  strict: 'strict',
  disabled: 'disabled',
}
const MEMBERS = Object.keys(COLUMNS) as (keyof ClientPolicy)[]

export function sqlClients(db: SqlDriver): ClientStore {
  return {
    async insert({ keys, ...client }) {
      const { id, customerId, createdAt, updatedAt } = client
      const policy = MEMBERS.map((member) => toSql(client[member]))
      const row = [id, customerId, keys.length, ...policy, createdAt, updatedAt]
      const steps = keys.map((key) => keyStep(id, key))
      return (await db.write([INSERT, ...row], ...steps)) > 0
    },

    find: async (id) => toWholeClient(await db.rows(FIND, [id])),
    get: async (customerId, id) => toWholeClient(await db.rows(GET, [id, customerId])),

    async list({ customerId, after, limit }) {
      // No client was made before 1970.
      const { createdAt = -1, id = '' } = after ?? {}
      return (await db.rows(LIST, [customerId, createdAt, id, limit])).map(toClient)
    },

    update: async (customerId, id, change, at) =>
      (await db.write(updateStep(customerId, id, change, at))) > 0,

    remove: async (customerId, id) => (await db.write([REMOVE, id, customerId])) > 0,

    addKey: async (customerId, id, key) =>
      (await db.write([COUNT_KEY, id, customerId, key.createdAt], keyStep(id, key))) > 0,

    removeKey: async (customerId, id, kid, at) =>
      (await db.write([UNCOUNT_KEY, id, customerId, at], [REMOVE_KEY, id, kid])) > 0,
  }
}

const keyStep = (id: string, { kid, thumbprint, publicJwk, createdAt }: ClientKey): SqlStep => [
  INSERT_KEY,
  id,
  kid,
  thumbprint,
  publicJwk,
  createdAt,
]

/** Two changes at once must not add up to a token that ends before it begins: the statement looks. */
function updateStep(customerId: string, id: string, change: ClientChange, at: number): SqlStep {
  const given = MEMBERS.filter((member) => member in change)
  const parameterOf = (member: keyof ClientPolicy) => `?${given.indexOf(member) + 4}`
  const set = given.map((member) => `, ${COLUMNS[member]} = ${parameterOf(member)}`)
  const after = (member: 'notBeforeSeconds' | 'lifetimeSeconds') =>
    member in change ? `CAST(${parameterOf(member)} AS BIGINT)` : COLUMNS[member]
  const sql = `UPDATE clients SET updated_at = ?3${set.join('')}
    WHERE id = ?1 AND customer_id = ?2
      AND ${after('notBeforeSeconds')} < ${after('lifetimeSeconds')}`
  return [sql, id, customerId, at, ...given.map((member) => toSql(change[member]))]
}

const toSql = (value: string | number | boolean | undefined): SqlValue =>
  typeof value === 'boolean' ? Number(value) : (value ?? null)

function toWholeClient(rows: readonly SqlRow[]) {
  return rows[0] && { ...toClient(rows[0]), keys: rows.map(toKey) }
}

const toClient = (row: SqlRow): Client => ({
  id: row.id as string,
  customerId: row.customer_id as string,
  notBeforeSeconds: Number(row.not_before_seconds),
  lifetimeSeconds: Number(row.lifetime_seconds),
  maxUses: row.max_uses === null ? undefined : Number(row.max_uses),
  audience: (row.audience ?? undefined) as string | undefined,
  strict: row.strict === null ? undefined : Boolean(Number(row.strict)),
  disabled: Boolean(Number(row.disabled)),
  createdAt: Number(row.created_at),
  updatedAt: Number(row.updated_at),
})

const toKey = (row: SqlRow): ClientKey => ({
  kid: row.kid as string,
  thumbprint: row.thumbprint as string,
  publicJwk: row.public_jwk as string,
  createdAt: Number(row.registered_at),
})
