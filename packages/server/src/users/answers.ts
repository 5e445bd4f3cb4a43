/** How users look to operators. */

import type { User } from '../flows/session/store.ts'
import { timeText } from '../http.ts'
import { encodeCursor } from './cursor.ts'
import type { ImportOutcome, UserPage } from './service.ts'

/** Without the hash: nobody has a use for it. */
export const userAnswer = (user: User) => ({
  id: user.id,
  username: user.username.shown,
  email: user.email.shown,
  active: user.active,
  created_at: timeText(user.createdAt),
  updated_at: timeText(user.updatedAt),
  last_login_at: user.lastLoginAt === undefined ? null : timeText(user.lastLoginAt),
})

export const userPageAnswer = ({ items, next }: UserPage) => ({
  items: items.map(userAnswer),
  next: next === undefined ? null : encodeCursor(next),
})

export const revokedAnswer = (id: string, ended: number) => ({ id, sessions_ended: ended })

export const importAnswer = (items: readonly ImportOutcome[]) => ({ items: [...items] })
