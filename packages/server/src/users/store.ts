/**
 * What users ask of a database, and what a session is: one may begin with its user. Absence is
 * `undefined`, a lost race is `false`; only a database that cannot answer throws (`StoreUnavailable`).
 * Every write is durable when its promise fulfils, and is one: all of it or nothing. Times are epoch
 * milliseconds.
 */
import type { Revocation } from '../revocation/store.ts'

/** A name as it is compared and as it is shown. */
export interface KeptName {
  /** One account has it: see `names.ts`. */
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

/** What users ask of sessions. */
export interface UserSessions {
  /** Ends every open session of the user, each leaves its revocation. Answers how many. */
  endAll(userId: string, at: number): Promise<number>
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
