/**
 * What registered clients ask of a database. Absence is `undefined`; only a database that cannot
 * answer throws (`StoreUnavailable`). Every write is durable when its promise fulfils, and is one:
 * all of it or nothing. A client always has between one key and MAX_KEYS.
 */
export interface ClientStore {
  /** Keeps the client with its keys, in their order. False when the id is taken, by any customer. */
  insert(client: WholeClient): Promise<boolean>
  /** Whosever it is: for logins, which know no customer yet. */
  find(id: string): Promise<WholeClient | undefined>
  get(customerId: string, id: string): Promise<WholeClient | undefined>
  /** Oldest first by (createdAt, id), at most `query.limit`. */
  list(query: ClientQuery): Promise<Client[]>
  /** False when the client is gone, or when its tokens would end before they begin. */
  update(customerId: string, id: string, change: ClientChange, at: number): Promise<boolean>
  /** True for exactly one caller. Its keys go with it. */
  remove(customerId: string, id: string): Promise<boolean>
  /** False when the client is gone or has MAX_KEYS, or when it has this kid or this key already. */
  addKey(customerId: string, id: string, key: ClientKey): Promise<boolean>
  /** False when the client or the key is gone, or when it is the last one. */
  removeKey(customerId: string, id: string, kid: string, at: number): Promise<boolean>
}

/** Each may be tried for each login. */
export const MAX_KEYS = 10

/** What a client is given when it logs in. */
export interface ClientPolicy {
  /** From the login until the use token begins: less than `lifetimeSeconds`. */
  readonly notBeforeSeconds: number
  /** From the login until the use token ends. */
  readonly lifetimeSeconds: number
  /** How often one use token may be used; undefined: any number of times. */
  readonly maxUses: number | undefined
  /** `aud` of the use token; undefined: that of the service. */
  readonly audience: string | undefined
  /** Whether RFC 7523 holds for its request tokens; undefined: as the profile of the service says. */
  readonly strict: boolean | undefined
  /** Then it is as if it were not there: no login, no key for others. */
  readonly disabled: boolean
}

/** Times are epoch milliseconds. */
export interface Client extends ClientPolicy {
  /** `iss` of its request tokens. */
  readonly id: string
  readonly customerId: string
  readonly createdAt: number
  readonly updatedAt: number
}

export interface WholeClient extends Client {
  /** In the order in which they were registered; the last is the newest. */
  readonly keys: readonly ClientKey[]
}

export interface ClientKey {
  /** Unique for its client. */
  readonly kid: string
  /** RFC 7638: the same for the same key, whatever it is called. */
  readonly thumbprint: string
  /** JSON of the public JWK, with `alg` and `kid`. */
  readonly publicJwk: string
  readonly createdAt: number
}

/** The members that are there take the place of the client's, also those that are undefined. */
export type ClientChange = Partial<ClientPolicy>

export interface ClientQuery {
  readonly customerId: string
  /** Only what comes after this one in the list's order. */
  readonly after?: Pick<Client, 'createdAt' | 'id'> | undefined
  readonly limit: number
}
