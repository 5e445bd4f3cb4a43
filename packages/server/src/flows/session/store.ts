/**
 * What the session flow asks of a database. Absence is `undefined`, a lost race is `false`; only a
 * database that cannot answer throws (`StoreUnavailable`). Every write is durable when its promise
 * fulfils, and is one: all of it or nothing. Times are epoch milliseconds.
 */
import type { Session, UserSessions } from '../../users/store.ts'

export interface SessionStore extends UserSessions {
  /**
   * Opens a session for a user whose password was just verified against `proof.passwordHash`, and
   * keeps `proof.rehashed` in its place. False when the user was disabled or the hash replaced
   * meanwhile: who opens and who disables wait for each other, so that no session slips through.
   */
  open(session: Session, proof: PasswordProof): Promise<boolean>
  get(id: string): Promise<Session | undefined>
  /**
   * The one atomic step of a refresh: true for exactly one caller for each generation, and only while
   * the session is open. The next generation is `step.from + 1`.
   */
  rotate(id: string, step: Rotation): Promise<boolean>
  /**
   * Another access token for the generation that was given out last, whose `rotatedAt` is not before
   * `step.notBefore`. False when that is over, or the session is.
   */
  repeat(id: string, step: Repeat): Promise<boolean>
  /** Ends it and leaves its revocation. True for exactly one caller. */
  end(id: string, at: number): Promise<boolean>
  /** Drops sessions with `expiresAt` and `tokensUntil` before `before`, at most `limit`; answers how many. */
  purge(before: number, limit: number): Promise<number>
}

export interface PasswordProof {
  readonly passwordHash: string
  readonly rehashed?: string | undefined
}

export interface Rotation {
  /** The generation of the refresh token that was presented. */
  readonly from: number
  readonly at: number
  readonly expiresAt: number
  /** Of the access token that goes with it; an earlier end never shortens what is kept. */
  readonly tokensUntil: number
}

export interface Repeat {
  /** The generation that was given out last. */
  readonly generation: number
  readonly notBefore: number
  readonly at: number
  readonly tokensUntil: number
}
