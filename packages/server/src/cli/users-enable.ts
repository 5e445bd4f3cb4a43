import { addTargetOptions, openAdmin } from './admin.ts'
import type { CliCommand } from './command.ts'
import { addUserArgument, findUser } from './find-user.ts'
import { EXIT, jsonText, printable, suggest } from './io.ts'
import { addJson } from './options.ts'

export const usersEnable: CliCommand = {
  examples: ['jotter users enable michael', 'jotter users enable michael@example.com --json'],

  shape(command) {
    addUserArgument(command)
    addJson(command)
    addTargetOptions(command)
  },

  async run(context, command) {
    const { io } = context
    await using admin = await openAdmin(context, command)
    const { id, username } = await findUser(admin, command)
    const answer = await admin.setUserActive(id, true)
    if (command.opts<{ json?: true }>().json) io.out(jsonText(answer))
    io.err(`enabled user ${printable(username)}: may log in, old tokens stay refused\n`)
    suggest(io, `jotter users show ${id}`)
    return EXIT.done
  },
}
