/**
 * What the session flow asks of a database. Absence is `undefined`, a lost race is `false`; only a
 * database that cannot answer throws (`StoreUnavailable`). Every write is durable when its promise
 * fulfils, and is one: all of it or nothing. Times are epoch milliseconds.
 */
import type { Revocation } from '../../revocation/store.ts'

/** A name as it is compared and as it is shown. */
export interface KeptName {
  /** One account has it: see `users/names.ts`. */
  readonly canonical: string
  readonly shown: string
}

export interface User {
  /** A UUID of version 7. */
  readonly id: string
  readonly username: KeptName
  readonly email: KeptName
  /** Names its own algorithm and parameters. */
  readonly passwordHash: string
  /** False for a user who was disabled. */
  readonly active: boolean
  readonly createdAt: number
  readonly updatedAt: number
  readonly lastLoginAt: number | undefined
}

/** From a login until its end: what refresh tokens and access tokens of one login have in common. */
export interface Session {
  /** `sid` of its tokens: a UUID of version 7. */
  readonly id: string
  readonly userId: string
  readonly createdAt: number
  /** Of the refresh token that was given out last; the first is 1. */
  readonly generation: number
  /** When that one was made. */
  readonly rotatedAt: number
  /** From then on nobody can refresh it. */
  readonly expiresAt: number
  /** When the access token that lives longest ends: as long is an end of the session remembered. */
  readonly tokensUntil: number
  /** When it was logged out, revoked or ended for a reused refresh token. */
  readonly endedAt: number | undefined
}

export interface UserStore {
  /**
   * Keeps a new user, and the session that the registration opens. False, and nothing kept, when the
   * user name or the e-mail address has an account.
   */
  insert(user: User, session?: Session): Promise<boolean>
  get(id: string): Promise<User | undefined>
  /** By canonical name. */
  find(name: { username: string } | { email: string }): Promise<User | undefined>
  /** Newest first by id, at most `query.limit`. */
  list(query: UserQuery): Promise<User[]>
  /**
   * Keeps a new hash, and ends every session but `change.keep`: each leaves its revocation. False
   * when the user is gone, or when `change.from` is given and is not the hash any more.
   */
  setPassword(id: string, change: PasswordChange): Promise<boolean>
  /**
   * Disables: ends every session, each leaves its revocation, and all of the user's tokens from
   * before are revoked by one of kind `sub`, which `revokedUntil` ends. Enables: nothing else. False
   * when the user is gone or is so already.
   */
  setActive(id: string, change: ActiveChange): Promise<boolean>
}

export interface UserQuery {
  /** Only those after the user with this id. */
  readonly after?: string | undefined
  readonly active?: boolean | undefined
  readonly limit: number
}

export interface PasswordChange {
  readonly from?: string | undefined
  readonly to: string
  readonly at: number
  /** The id of the session that goes on. */
  readonly keep?: string | undefined
}

export type ActiveChange =
  | { readonly active: true; readonly at: number }
  | { readonly active: false; readonly at: number; readonly revokedUntil: number }

/**
 * What refuses all tokens of a user who is disabled, those of the same second too: `iat` is in whole
 * seconds.
 */
export const endOfUser = (
  userId: string,
  { at, revokedUntil }: { readonly at: number; readonly revokedUntil: number },
): Revocation => ({
  kind: 'sub',
  value: userId,
  notBefore: Math.floor(at / 1000) + 1,
  revokedAt: at,
  expiresAt: revokedUntil,
})

export interface SessionStore {
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
  /** Ends every open session of the user, each leaves its revocation. Answers how many. */
  endAll(userId: string, at: number): Promise<number>
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
