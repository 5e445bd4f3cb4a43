import { isUuid } from '../uuid.ts'
import type { Admin, UserAnswer } from './admin.ts'
import type { Argument } from './change.ts'
import { naming, serviceFailure } from './failure.ts'

export const USER: Argument = ['<user>', 'the id, the user name or the e-mail address']

/**
 * Whom `text` means.
 *
 * @throws {CliError} With the code for not found.
 */
export async function findUser(admin: Admin, text: string): Promise<UserAnswer> {
  const from = `user ${text}`
  if (isUuid(text)) return naming(from, admin.user(text))
  // No user name holds an @.
  const name = text.normalize('NFKC').includes('@') ? { email: text } : { username: text }
  const { items } = await admin.users({ ...name, limit: 1 })
  const [found] = items
  if (found === undefined) throw serviceFailure('user_not_found', { from })
  return found
}
