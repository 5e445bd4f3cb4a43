/**
 * What the machine flow asks of a database. A lost race is `false`; only a database that cannot
 * answer throws (`StoreUnavailable`). Every write is durable when its promise fulfils, and the
 * database decides who was first.
 */

/** Request tokens that have been used (RFC 7523 §3, number 7). */
export interface AssertionStore {
  /**
   * True for exactly one caller per issuer and jti, on all nodes and over all restarts.
   *
   * @param jtiSha256 SHA-256 of the `jti`, base64url: it is the client's text, of any length.
   * @param expiresAt From when on the token is refused anyway: epoch milliseconds.
   */
  consume(issuer: string, jtiSha256: string, expiresAt: number): Promise<boolean>
  /** Drops those with `expiresAt` before `before`, at most `limit`; answers how many. */
  purge(before: number, limit: number): Promise<number>
}

/** How often use tokens have been used, of clients that may not use theirs for ever. */
export interface UseStore {
  /**
   * Counts one use. True for at most `maxUses` callers per jti.
   *
   * @param maxUses At least 1.
   * @param expiresAt `exp` of the token: epoch milliseconds.
   */
  use(jti: string, maxUses: number, expiresAt: number): Promise<boolean>
  /** As that of AssertionStore. */
  purge(before: number, limit: number): Promise<number>
}
