import { changeCommand } from './change.ts'
import { findUser, USER } from './find-user.ts'

export const usersEnable = changeCommand(
  ['jotter users enable michael', 'jotter users enable michael@example.com --json'],
  USER,
  async (admin, named) => {
    const { id, username } = await findUser(admin, named)
    return {
      answer: await admin.setUserActive(id, true),
      told: `enabled user ${username}: may log in, old tokens stay refused`,
      next: `jotter users show ${id}`,
    }
  },
)
