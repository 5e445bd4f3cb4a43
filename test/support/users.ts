/** Users who are there before a test or a benchmark begins. */
import type { UserStore } from '../../packages/server/src/flows/session/store.ts'
import { uuidv7 } from '../../packages/server/src/uuid.ts'

/**
 * Puts `count` users with one password into a store, as another process does that has its hash: to
 * register as many would take a hash each.
 *
 * @param prefix Their names are this with a number behind it.
 * @returns Their names.
 */
export async function fillUsers(
  users: UserStore,
  { prefix, count, passwordHash }: { prefix: string; count: number; passwordHash: string },
): Promise<string[]> {
  const at = Date.now()
  const names = Array.from({ length: count }, (_, i) => `${prefix}${i}`)
  const kept = names.map((name) =>
    users.insert({
      id: uuidv7(at),
      username: { canonical: name, shown: name },
      email: { canonical: `${name}@example.com`, shown: `${name}@example.com` },
      passwordHash,
      active: true,
      createdAt: at,
      updatedAt: at,
      lastLoginAt: undefined,
    }),
  )
  if ((await Promise.all(kept)).includes(false)) throw new Error(`some of ${prefix}* were there`)
  return names
}
