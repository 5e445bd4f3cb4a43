/** Users who are there before a test or a benchmark begins. */
import type { UserStore } from '../../packages/server/src/users/store.ts'
import { uuidv7 } from '../../packages/server/src/uuid.ts'

export interface UsersToBe {
  /** Their names are this with a number behind it, from 0. */
  readonly prefix: string
  readonly count: number
  readonly passwordHash: string
  readonly active?: boolean
}

/**
 * Puts users with one password into a store, as another process does that has its hash: to
 * register as many would take a hash each.
 *
 * @returns Their names.
 */
export async function fillUsers(
  users: UserStore,
  { prefix, count, passwordHash, active = true }: UsersToBe,
): Promise<string[]> {
  const at = Date.now()
  const names = Array.from({ length: count }, (_, i) => `${prefix}${i}`)
  const kept = names.map((name) =>
    users.insert({
      id: uuidv7(at),
      username: { canonical: name, shown: name },
      email: { canonical: `${name}@example.com`, shown: `${name}@example.com` },
      passwordHash,
      active,
      createdAt: at,
      updatedAt: at,
      lastLoginAt: undefined,
    }),
  )
  if ((await Promise.all(kept)).includes(false)) throw new Error(`some of ${prefix}* were there`)
  return names
}
