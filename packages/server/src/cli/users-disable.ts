import { changeCommand } from './change.ts'
import { findUser, USER } from './find-user.ts'

export const usersDisable = changeCommand(
  ['jotter users disable michael', 'jotter users disable michael@example.com --json'],
  USER,
  async (admin, named) => {
    const { id, username } = await findUser(admin, named)
    return {
      answer: await admin.setUserActive(id, false),
      told: `disabled user ${username}: servers refuse every token within a second`,
      next: `jotter users enable ${id}`,
    }
  },
)
