import { changeCommand } from './change.ts'
import { findUser, USER } from './find-user.ts'

export const usersRevoke = changeCommand(
  ['jotter users revoke michael', 'jotter users revoke michael@example.com --json'],
  USER,
  async (admin, named) => {
    const { id, username } = await findUser(admin, named)
    const answer = await admin.revokeUser(id)
    return {
      answer,
      told: `ended ${answer.sessions_ended} sessions of user ${username}: servers refuse their tokens within a second`,
      next: `jotter users show ${id}`,
    }
  },
)
