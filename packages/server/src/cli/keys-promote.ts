import { addTargetOptions, openAdmin } from './admin.ts'
import type { CliCommand } from './command.ts'
import { naming } from './failure.ts'
import { EXIT, jsonText, printable, suggest } from './io.ts'
import { addJson } from './options.ts'

export const keysPromote: CliCommand = {
  examples: ['jotter keys promote KID', 'jotter keys promote KID --json'],

  shape(command) {
    command.argument('<kid>', 'the kid of a key that waits, as `jotter keys list` shows it')
    addJson(command)
    addTargetOptions(command)
  },

  async run(context, command) {
    const { io } = context
    const kid = command.args[0] as string
    await using admin = await openAdmin(context, command)
    const key = await naming(`kid ${kid}`, admin.promoteKey(kid))
    if (command.opts<{ json?: true }>().json) io.out(jsonText(key))
    io.err(`${printable(kid)} signs: servers follow within a second\n`)
    suggest(io, 'jotter keys list')
    return EXIT.done
  },
}
