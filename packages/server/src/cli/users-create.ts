import { addTargetOptions, openAdmin } from './admin.ts'
import type { CliCommand } from './command.ts'
import { naming } from './failure.ts'
import { EXIT, jsonText, printable, suggest } from './io.ts'
import { addPasswordFile, readNewPassword } from './new-password.ts'
import { addJson } from './options.ts'

interface Options {
  email: string
  passwordFile?: string
  json?: true
}

export const usersCreate: CliCommand = {
  examples: [
    'jotter users create michael --email michael@example.com',
    'jotter users create ci --email ci@example.com --password-file ci.password --json',
  ],

  shape(command) {
    command
      .argument('<username>', '1 to 64 characters, no @')
      .requiredOption('--email <address>', 'the e-mail address')
    addPasswordFile(command)
    addJson(command)
    addTargetOptions(command)
    command.addHelpText('after', '\nThe password is asked for on a terminal, else read from input.')
  },

  async run(context, command) {
    const { io } = context
    const username = command.args[0] as string
    const { email, passwordFile, json } = command.opts<Options>()
    await using admin = await openAdmin(context, command)
    const password = await readNewPassword(context, passwordFile)
    const made = admin.createUser({ username, email, password })
    const user = await naming(`username ${username}, --email ${email}`, made)
    io.out(json ? jsonText(user) : `${user.id}\n`)
    io.err(`${printable(`user ${user.username} <${user.email}>: may log in`)}\n`)
    suggest(io, `jotter users show ${user.id}`)
    return EXIT.done
  },
}
