/**
 * What the keys ask of a database. Absence is `undefined`, a lost race is `false`; only a database
 * that cannot answer throws (`StoreUnavailable`). Writes are durable when they fulfil.
 */
export interface KeyStore {
  /** False when the kid is taken, or another key of this `alg` is in this state and only one may be. */
  insert(key: StoredKey): Promise<boolean>
  /** All of them, oldest first by (createdAt, kid). */
  list(): Promise<StoredKey[]>
  /**
   * All steps, in this order, or none: false when a key is not, or not any more, as its step demands.
   * A key that becomes `retiring` is due when its last token has expired; one that becomes `retired`
   * loses its private half.
   */
  advance(...steps: readonly [KeyStep, ...KeyStep[]]): Promise<boolean>
  /**
   * Makes the key of this `alg` that signs, and the one that waits to, promise at least so much:
   * tokens that live for `lifeSeconds`, and a wait of `waitMs` from its making on.
   */
  stretch(alg: string, least: KeyPromise): Promise<void>
  /** Drops keys that were retired before `before` (epoch milliseconds); answers how many. */
  purge(before: number): Promise<number>
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
  /** From when on it may take its next state: of `next` and `retiring` only. */
  readonly dueAt: number | undefined
  /** The longest life of a token that it signs. */
  readonly lifeSeconds: number
}

/** One key from one state into another, at `at` (epoch milliseconds). */
export interface KeyStep {
  readonly kid: string
  readonly from: KeyState
  readonly to: Exclude<KeyState, 'next'>
  readonly at: number
  /** Only when its date has come. */
  readonly whenDue?: boolean
}

export interface KeyPromise {
  readonly lifeSeconds: number
  readonly waitMs: number
}

/**
 * How long after the last token of a retiring key has expired it goes: a node that has lost its database
 * signs with it for another minute, and clocks of nodes differ by another.
 */
export const RETIRING_MARGIN_MS = 120_000
