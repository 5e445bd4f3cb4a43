/** What revocations ask of a database. Only one that cannot answer throws (`StoreUnavailable`). */
export interface RevocationStore {
  /** Keeps it, durably; of two for the same value the one that refuses more stands. */
  insert(revocation: Revocation): Promise<void>
  /**
   * Everything at `from` and after it, in the order of its positions, and where the next reading
   * begins. What is written while others still write may be read twice, and is never missed.
   *
   * @param from The `horizon` of the reading before; 0 for all there is.
   */
  read(from: number): Promise<RevocationPage>
  /** Drops those that ended before `before` (epoch milliseconds), at most `limit`; answers how many. */
  purge(before: number, limit: number): Promise<number>
  /**
   * Calls `changed` soon after another process has revoked something, where the engine can tell.
   * Answers how to stop. Whoever calls it reads from time to time all the same.
   */
  watch?(changed: () => void): Promise<() => Promise<void>>
}

/** What is revoked: one token, a session with all its tokens, or a user's tokens from before. */
export type RevocationKind = 'jti' | 'sid' | 'sub'

export interface Revocation {
  readonly kind: RevocationKind
  readonly value: string
  /** Of `sub`: tokens with an `iat` before this second are refused. Undefined of the others. */
  readonly notBefore: number | undefined
  /** Epoch milliseconds. */
  readonly revokedAt: number
  /** When the last token that it refuses has expired: epoch milliseconds. */
  readonly expiresAt: number
}

export interface RevocationPage {
  readonly items: readonly (Revocation & { readonly position: number })[]
  /** Everything before it was read, and nothing will appear there any more. */
  readonly horizon: number
}
