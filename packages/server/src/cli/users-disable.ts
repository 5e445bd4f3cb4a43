import { addTargetOptions, openAdmin } from './admin.ts'
import type { CliCommand } from './command.ts'
import { addUserArgument, findUser } from './find-user.ts'
import { EXIT, jsonText, printable, suggest } from './io.ts'
import { addJson } from './options.ts'

export const usersDisable: CliCommand = {
  examples: ['jotter users disable michael', 'jotter users disable michael@example.com --json'],

  shape(command) {
    addUserArgument(command)
    addJson(command)
    addTargetOptions(command)
  },

  async run(context, command) {
    const { io } = context
    await using admin = await openAdmin(context, command)
    const { id, username } = await findUser(admin, command)
    const answer = await admin.setUserActive(id, false)
    if (command.opts<{ json?: true }>().json) io.out(jsonText(answer))
    io.err(`disabled user ${printable(username)}: servers refuse every token within a second\n`)
    suggest(io, `jotter users enable ${id}`)
    return EXIT.done
  },
}
