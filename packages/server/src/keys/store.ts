/**
 * What the key ring asks of a database. Absence is `undefined`, a lost race is `false`; only a
 * database that cannot answer throws (`StoreUnavailable`). Writes are durable when they fulfil.
 */
export interface KeyStore {
  /** False when the kid is taken, or another key of this `alg` is in this state and only one may be. */
  insert(key: StoredKey): Promise<boolean>
  /** All of them, oldest first by (createdAt, kid). */
  list(): Promise<StoredKey[]>
  /**
   * What only a holder of the same master key can make, kept by the first node. Answers what is kept:
   * `proof` itself for the first.
   */
  keepMasterProof(proof: string): Promise<string>
}

/** `next` and `active`: at most one key of an algorithm each. */
export type KeyState = 'next' | 'active' | 'retiring' | 'retired'

/** Times are epoch milliseconds. */
export interface StoredKey {
  readonly kid: string
  readonly alg: string
  readonly state: KeyState
  /** JSON of the public JWK. */
  readonly publicJwk: string
  /** The private key, encrypted under the master key; undefined once it is retired. */
  readonly sealed: string | undefined
  readonly createdAt: number
  /** When it took its state. */
  readonly stateAt: number
}
