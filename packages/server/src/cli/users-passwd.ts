import { addTargetOptions, openAdmin } from './admin.ts'
import type { CliCommand } from './command.ts'
import { findUser, USER } from './find-user.ts'
import { EXIT, jsonText, printable, suggest } from './io.ts'
import { addPasswordFile, readNewPassword } from './new-password.ts'
import { addJson } from './options.ts'

export const usersPasswd: CliCommand = {
  examples: [
    'jotter users passwd michael',
    'jotter users passwd michael@example.com --password-file new.password',
  ],

  shape(command) {
    command.argument(...USER)
    addPasswordFile(command)
    addJson(command)
    addTargetOptions(command)
    command.addHelpText('after', '\nThe password is asked for on a terminal, else read from input.')
  },

  async run(context, command) {
    const { io } = context
    const { passwordFile, json } = command.opts<{ passwordFile?: string; json?: true }>()
    await using admin = await openAdmin(context, command)
    const { id, username } = await findUser(admin, command.args[0] as string)
    const user = await admin.setUserPassword(id, await readNewPassword(context, passwordFile))
    if (json) io.out(jsonText(user))
    io.err(`new password for user ${printable(username)}: every session has ended\n`)
    suggest(io, `jotter users show ${id}`)
    return EXIT.done
  },
}
