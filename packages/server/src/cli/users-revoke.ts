import { addTargetOptions, openAdmin } from './admin.ts'
import type { CliCommand } from './command.ts'
import { addUserArgument, findUser } from './find-user.ts'
import { EXIT, jsonText, printable, suggest } from './io.ts'
import { addJson } from './options.ts'

export const usersRevoke: CliCommand = {
  examples: ['jotter users revoke michael', 'jotter users revoke michael@example.com --json'],

  shape(command) {
    addUserArgument(command)
    addJson(command)
    addTargetOptions(command)
  },

  async run(context, command) {
    const { io } = context
    await using admin = await openAdmin(context, command)
    const { id, username } = await findUser(admin, command)
    const answer = await admin.revokeUser(id)
    if (command.opts<{ json?: true }>().json) io.out(jsonText(answer))
    io.err(
      `ended ${answer.sessions_ended} sessions of user ${printable(username)}: servers refuse their tokens within a second\n`,
    )
    suggest(io, `jotter users show ${id}`)
    return EXIT.done
  },
}
