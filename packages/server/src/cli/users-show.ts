import { addTargetOptions, openAdmin } from './admin.ts'
import type { CliCommand } from './command.ts'
import { findUser, USER } from './find-user.ts'
import { EXIT, jsonText } from './io.ts'
import { addJson, addUtc } from './options.ts'
import { printPairs } from './table.ts'
import { timeCell } from './times.ts'

export const usersShow: CliCommand = {
  examples: ['jotter users show michael', 'jotter users show michael@example.com --json'],

  shape(command) {
    command.argument(...USER)
    addUtc(command)
    addJson(command)
    addTargetOptions(command)
  },

  async run(context, command) {
    const { io, now } = context
    const { utc = false, json } = command.opts<{ utc?: true; json?: true }>()
    await using admin = await openAdmin(context, command)
    const user = await findUser(admin, command.args[0] as string)
    const time = (at: string | null) => timeCell(at, now(), utc)
    if (json) io.out(jsonText(user))
    else {
      printPairs(io, [
        ['ID', user.id],
        ['USERNAME', user.username],
        ['EMAIL', user.email],
        ['STATUS', user.active ? 'active' : 'disabled'],
        ['CREATED', time(user.created_at)],
        ['UPDATED', time(user.updated_at)],
        ['LAST LOGIN', time(user.last_login_at)],
      ])
    }
    return EXIT.done
  },
}
