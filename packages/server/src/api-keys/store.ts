/**
 * What API keys ask of a database. Absence is `undefined`; only a database that cannot answer
 * throws (`StoreUnavailable`). Every write is durable when its promise fulfils.
 */
export interface ApiKeyStore {
  /** False when the id is taken. */
  insert(key: ApiKey): Promise<boolean>
  get(id: string): Promise<ApiKey | undefined>
  /** Oldest first by (createdAt, id), at most `query.limit`. */
  list(query: ApiKeyQuery): Promise<ApiKey[]>
  /** True for exactly one caller. */
  remove(id: string): Promise<boolean>
  /** Makes the customer known; nothing happens when it is. */
  keepCustomer(id: string, now: number): Promise<void>
  hasCustomer(id: string): Promise<boolean>
}

export interface ApiKeyQuery {
  /** Only what comes after this one in the list's order. */
  readonly after?: Pick<ApiKey, 'createdAt' | 'id'> | undefined
  readonly limit: number
}

export const SCOPES = [
  'transactions:write',
  'transactions:read',
  'clients',
  'users',
  'keys',
  'revocations',
  'metrics',
  'admin',
] as const
/** What a key may do. `admin` holds all the others. */
export type Scope = (typeof SCOPES)[number]

/** Times are epoch milliseconds. */
export interface ApiKey {
  readonly id: string
  /** SHA-256 of the whole key, hex. The key itself is shown once and kept nowhere. */
  readonly secretSha256: string
  readonly name: string
  readonly scopes: readonly Scope[]
  readonly customerId: string
  readonly createdAt: number
  readonly expiresAt: number | undefined
}
