/**
 * The rules of sessions: somebody registers or logs in with a password, stays logged in with a refresh
 * token, and logs out. No HTTP, no SQL; time is passed in.
 */
import { ServiceError } from '../../errors.ts'
import type { Attempts } from '../../passwords/attempts.ts'
import type { Passwords } from '../../passwords/passwords.ts'
import type { Revocations } from '../../revocation/revocations.ts'
import { newNames, newUser } from '../../users/new-user.ts'
import type { Session, User, UserStore } from '../../users/store.ts'
import { type GivenName, loginName } from './given-names.ts'
import type { SessionStore } from './store.ts'
import { type PairDeps, type TokenPair, tokenPairs } from './token-pairs.ts'

export type LoginOutcome = 'success' | 'wrong' | 'slowed' | 'failed'
/** `rotated`: the next one; `repeated`: the same next one again; `reused`: the session has ended. */
export type RefreshOutcome = 'rotated' | 'repeated' | 'reused' | 'refused'

export interface SessionDeps extends PairDeps {
  users: UserStore
  sessions: SessionStore
  revocations: Pick<Revocations, 'add' | 'readBack'>
  passwords: Passwords
  attempts: Attempts
  /** Told about every attempt to log in. */
  onLogin: (outcome: LoginOutcome) => void
  /** Told about every refresh token that was presented. */
  onRefresh: (outcome: RefreshOutcome) => void
  /** Told about every access token that was issued, once its session is durable. */
  onIssue: () => void
  /** Epoch milliseconds. */
  now: () => number
}

export interface NewUser {
  readonly username: string
  readonly email: string
  readonly password: string
  /** Of the caller. */
  readonly address: string
}

export interface Credentials {
  readonly name: GivenName
  readonly password: string
  readonly address: string
}

export interface NewPassword {
  readonly current: string
  readonly next: string
  readonly address: string
}

/** Whose token it is, and of which session. */
export interface Holder {
  readonly id: string
  readonly sid: string
}

export type SessionService = ReturnType<typeof sessionService>

export function sessionService(deps: SessionDeps) {
  const { users, sessions, revocations, refreshTokens, passwords, attempts } = deps
  const { lives, onLogin, onRefresh, onIssue, now } = deps
  const pairs = tokenPairs(deps)

  /** Undefined when the user was disabled or the hash replaced after the password was looked at. */
  async function enter({ name, password, address }: Credentials, lifeSeconds: number) {
    const { text, key } = loginName(name)
    const look = async () => key && (await users.find(key))
    // By either of its names it is the same account. Who is unknown is counted by the name.
    const account = (await look())?.id ?? text
    const found: { user?: User | undefined } = {}
    const isRight = await attempts.attempt({ account, address }, async () => {
      // Again, since it may have waited for its turn.
      const user = await look()
      found.user = user
      // Of an unknown and of a disabled user as well: the time does not tell them apart.
      const matches = await passwords.verifyPassword(password, user?.passwordHash)
      return matches && user?.active === true
    })
    if (!isRight || found.user === undefined) throw new ServiceError('credentials_invalid')
    const { id, passwordHash } = found.user
    const rehashed = await passwords.rehash(password, passwordHash)
    const { session, pair } = await pairs.first(id, lifeSeconds, now())
    return (await sessions.open(session, { passwordHash, rehashed })) ? pair : undefined
  }

  /** Here, and before anybody is told: the next request with a token of the session is refused. */
  const refuseSession = (sid: string, at: number) =>
    revocations.add({
      kind: 'sid',
      value: sid,
      notBefore: undefined,
      revokedAt: at,
      expiresAt: at + lives.longest * 1000,
    })

  async function activeUser(id: string): Promise<User> {
    const user = await users.get(id)
    if (!user?.active) throw new ServiceError('user_unavailable')
    return user
  }

  return {
    /**
     * Keeps a new user and the first session, in one write.
     *
     * @throws {ServiceError} `invalid_request` for a name or a password against the rules,
     *   `user_exists`, `busy`.
     */
    async register({ username, email, password, address }: NewUser): Promise<TokenPair> {
      const names = newNames(username, email)
      // Before anybody knows whether the names are free, so that the time does not tell.
      const passwordHash = await attempts.inTurn(address, () => passwords.hashPassword(password))
      const at = now()
      const user: User = { ...newUser(names, passwordHash, at), lastLoginAt: at }
      const { session, pair } = await pairs.first(user.id, lives.login, at)
      if (!(await users.insert(user, session))) throw new ServiceError('user_exists')
      onIssue()
      // Who is registered is not told otherwise because of this.
      await attempts.entered({ account: user.id, address }).catch(() => {})
      return pair
    },

    /**
     * Opens a session. Who is unknown, disabled or wrong is told the same, in the same time.
     *
     * @param lifeSeconds Of the access token.
     * @throws {ServiceError} `credentials_invalid`, `rate_limited`, `busy`.
     */
    async login(credentials: Credentials, lifeSeconds: number): Promise<TokenPair> {
      try {
        // Again when another login has made the hash anew, or the password is no longer this one.
        const pair =
          (await enter(credentials, lifeSeconds)) ?? (await enter(credentials, lifeSeconds))
        if (pair === undefined) throw new ServiceError('credentials_invalid')
        onLogin('success')
        onIssue()
        return pair
      } catch (error) {
        onLogin(outcomeOf(error))
        throw error
      }
    },

    /**
     * The next pair of a session. The same refresh token again gets the *same* next one, for who has
     * lost the answer, until the grace is over or that one was used. After that there are two who hold
     * it, and the session ends (RFC 9700 §4.14.2).
     *
     * @throws {ServiceError} `refresh_token_invalid`, `refresh_token_reused`.
     */
    async refresh(presented: string): Promise<TokenPair> {
      const claim = refreshTokens.read(presented)
      const session = claim && (await sessions.get(claim.sid))
      const at = now()
      if (claim === undefined || session === undefined || !isOpen(session, at)) return refuse()
      const { sid, generation: from } = claim
      // Of a database that was set back: nobody has stolen anything.
      if (from > session.generation) return refuse()

      const generation = from + 1
      const { pair, tokensUntil } = await pairs.next(session, generation, at)
      const step = { at, tokensUntil }
      const expiresAt = at + lives.session * 1000
      const notBefore = at - lives.grace * 1000
      const rotated = await sessions.rotate(sid, { ...step, from, expiresAt })
      if (!rotated && !(await sessions.repeat(sid, { ...step, generation, notBefore }))) {
        return endReused(sid, at)
      }
      onRefresh(rotated ? 'rotated' : 'repeated')
      onIssue()
      return pair
    },

    /** @throws {ServiceError} `user_unavailable` when the user is gone or was disabled. */
    status: activeUser,

    /** Ends the session of the token, or all of its user. One that has ended stays so. */
    async logout({ id, sid }: Holder, everywhere: boolean): Promise<void> {
      const at = now()
      if (everywhere) await sessions.endAll(id, at)
      else await sessions.end(sid, at)
      refuseSession(sid, at)
      if (everywhere) await revocations.readBack()
    },

    /**
     * Takes a new password in the place of the current one, and ends every other session.
     *
     * @throws {ServiceError} `current_password_wrong`, `invalid_request` for a new one against the
     *   rules, `rate_limited`, `busy`, `user_unavailable`.
     */
    async changePassword(holder: Holder, wanted: NewPassword): Promise<void> {
      // Again when a login has made the hash anew meanwhile, or somebody has changed the password.
      const done =
        (await replacePassword(holder, wanted)) || (await replacePassword(holder, wanted))
      if (!done) throw new ServiceError('current_password_wrong')
      await revocations.readBack()
    },
  }

  async function replacePassword({ id, sid }: Holder, { current, next, address }: NewPassword) {
    const { passwordHash: from } = await activeUser(id)
    const check = () => passwords.verifyPassword(current, from)
    if (!(await attempts.attempt({ account: id, address }, check)))
      throw new ServiceError('current_password_wrong')
    const to = await passwords.hashPassword(next, '/new_password')
    return users.setPassword(id, { from, to, at: now(), keep: sid })
  }

  function refuse(): never {
    onRefresh('refused')
    throw new ServiceError('refresh_token_invalid')
  }

  async function endReused(sid: string, at: number): Promise<never> {
    // Not by us where somebody has logged out meanwhile.
    if (!(await sessions.end(sid, at))) return refuse()
    refuseSession(sid, at)
    onRefresh('reused')
    throw new ServiceError('refresh_token_reused')
  }
}

const isOpen = ({ endedAt, expiresAt }: Session, at: number): boolean =>
  endedAt === undefined && at < expiresAt

function outcomeOf(error: unknown): LoginOutcome {
  const code = error instanceof ServiceError ? error.code : undefined
  if (code === 'credentials_invalid') return 'wrong'
  return code === 'rate_limited' ? 'slowed' : 'failed'
}
