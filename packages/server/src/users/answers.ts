/** How users look to operators. */
import { timeText } from '../http.ts'
import { madeCursor, type Page, pageAnswer } from '../paging.ts'
import type { ImportOutcome } from './service.ts'
import type { User } from './store.ts'

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

export const userPageAnswer = (page: Page<User>) => pageAnswer(page, userAnswer, madeCursor)

export const revokedAnswer = (id: string, ended: number) => ({ id, sessions_ended: ended })

export const importAnswer = (items: readonly ImportOutcome[]) => ({ items: [...items] })
