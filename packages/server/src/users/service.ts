/**
 * What operators do to users: make them, look at them, end their sessions, refuse them, take them over
 * from elsewhere. Nothing here answers with a hash. Who logs in is the business of the session flow.
 */
import { ServiceError } from '../errors.ts'
import { type Page, pageOf } from '../paging.ts'
import type { Passwords } from '../passwords/passwords.ts'
import { isUuid, uuidv7 } from '../uuid.ts'
import { type ImportedUser, type ImportRow, readImportRow } from './import-row.ts'
import { emailAddress, userName } from './names.ts'
import { newNames, newUser } from './new-user.ts'
import type { User, UserSessions, UserStore } from './store.ts'

export interface UserDeps {
  users: UserStore
  sessions: UserSessions
  passwords: Pick<Passwords, 'hashPassword'>
  /** No access token lives longer, in seconds. */
  longestLifeSeconds: number
  /** Told when sessions have ended: before that nobody is told that they have. */
  onEnd: () => Promise<void>
  /** Epoch milliseconds. */
  now: () => number
}

export interface NewUser {
  readonly username: string
  readonly email: string
  readonly password: string
}

export interface UserListQuery {
  readonly username?: string | undefined
  readonly email?: string | undefined
  readonly active?: boolean | undefined
  /** The id of the last user of the page before. */
  readonly after?: string | undefined
  readonly limit: number
}

/**
 * What became of a row: `existing` is the same account, `conflict` another one that has a name of it,
 * `invalid` what nobody can take over.
 */
export type ImportOutcome =
  | { readonly outcome: 'imported' | 'existing' }
  | { readonly outcome: 'conflict' | 'invalid'; readonly reason: string }

export type UserService = ReturnType<typeof userService>

export function userService(deps: UserDeps) {
  const { users, sessions, passwords, longestLifeSeconds, onEnd, now } = deps

  async function get(id: string): Promise<User> {
    // Ids are made here, and no engine is asked for what cannot be one.
    const user = isUuid(id) ? await users.get(id) : undefined
    if (user === undefined) throw new ServiceError('user_not_found')
    return user
  }

  /** By one name or both; nobody has a name that cannot be one. */
  async function named({ username, email }: UserListQuery): Promise<User | undefined> {
    const name = username === undefined ? undefined : userName(username)
    const address = email === undefined ? undefined : emailAddress(email)
    if ((name && 'problem' in name) || (address && 'problem' in address)) return undefined
    const user = name
      ? await users.find({ username: name.canonical })
      : address && (await users.find({ email: address.canonical }))
    return address && user?.email.canonical !== address.canonical ? undefined : user
  }

  async function whoHas({ username, email }: ImportedUser): Promise<ImportOutcome | undefined> {
    const user = await users.find({ username: username.canonical })
    if (user?.email.canonical === email.canonical) return { outcome: 'existing' }
    if (user !== undefined) return conflict('the user name has an account with another address')
    return (await users.find({ email: email.canonical })) === undefined
      ? undefined
      : conflict('the e-mail address has an account with another user name')
  }

  async function keep(user: ImportedUser, at: number): Promise<ImportOutcome> {
    const whole: User = {
      ...user,
      id: uuidv7(user.createdAt),
      updatedAt: at,
      lastLoginAt: undefined,
    }
    if (await users.insert(whole)) return { outcome: 'imported' }
    return (await whoHas(user)) ?? conflict('the names were taken and left meanwhile')
  }

  return {
    get,

    /** @throws {ServiceError} `invalid_request` for what is against the rules, `user_taken`, `busy`. */
    async create({ username, email, password }: NewUser): Promise<User> {
      const names = newNames(username, email)
      const passwordHash = await passwords.hashPassword(password)
      const user = newUser(names, passwordHash, now())
      if (!(await users.insert(user))) throw new ServiceError('user_taken')
      return user
    },

    /** Newest first; by a name, the one who has it. */
    async list(query: UserListQuery): Promise<Page<User>> {
      const { username, email, active, after, limit } = query
      if (username === undefined && email === undefined) {
        return pageOf(await users.list({ active, after, limit: limit + 1 }), limit)
      }
      const user = await named(query)
      const fits =
        user !== undefined &&
        (active === undefined || user.active === active) &&
        (after === undefined || user.id < after)
      return { items: fits ? [user] : [], next: undefined }
    },

    /** Disables: every session ends and no token is taken any more. Again changes nothing. */
    async setActive(id: string, active: boolean): Promise<User> {
      await get(id)
      const at = now()
      const revokedUntil = at + longestLifeSeconds * 1000
      await users.setActive(id, active ? { active, at } : { active, at, revokedUntil })
      if (!active) await onEnd()
      return get(id)
    },

    /** Ends every session of the user; answers how many were open. */
    async revoke(id: string): Promise<number> {
      await get(id)
      const ended = await sessions.endAll(id, now())
      await onEnd()
      return ended
    },

    /** Takes a new password, and ends every session. */
    async setPassword(id: string, password: string): Promise<User> {
      await get(id)
      const to = await passwords.hashPassword(password)
      if (!(await users.setPassword(id, { to, at: now() })))
        throw new ServiceError('user_not_found')
      await onEnd()
      return get(id)
    },

    /**
     * Takes over users with the hashes that they have, each by itself: what became of each row, in
     * their order. An account that is there is left as it is, whatever the row says of its password.
     *
     * @param dryRun Nothing is kept, and rows are not compared with each other.
     */
    async importRows(rows: readonly ImportRow[], dryRun: boolean): Promise<ImportOutcome[]> {
      const at = now()
      const outcomes: ImportOutcome[] = []
      let together: Promise<ImportOutcome>[] = []
      const names = new Set<string>()
      for (const row of rows) {
        const read = readImportRow(row, at)
        if ('problem' in read) {
          together.push(Promise.resolve({ outcome: 'invalid', reason: read.problem }))
          continue
        }
        const { user } = read
        const own = [user.username.canonical, user.email.canonical]
        // Of two rows with one name the first is kept: the second waits for it.
        if (own.some((name) => names.has(name))) {
          outcomes.push(...(await Promise.all(together)))
          together = []
          names.clear()
        }
        for (const name of own) names.add(name)
        together.push(dryRun ? foreseen(user) : keep(user, at))
      }
      return outcomes.concat(await Promise.all(together))
    },
  }

  async function foreseen(user: ImportedUser): Promise<ImportOutcome> {
    return (await whoHas(user)) ?? { outcome: 'imported' }
  }
}

const conflict = (reason: string): ImportOutcome => ({ outcome: 'conflict', reason })
