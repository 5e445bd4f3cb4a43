import { addTargetOptions, openAdmin } from './admin.ts'
import type { CliCommand } from './command.ts'
import { naming } from './failure.ts'
import { EXIT, jsonText, printable, suggest } from './io.ts'
import { addJson } from './options.ts'

export const apiKeysDelete: CliCommand = {
  examples: ['jotter api-keys delete 1f0a9c6b2d4e', 'jotter api-keys delete 1f0a9c6b2d4e --json'],

  shape(command) {
    command.argument('<id>', 'the id of the key, as `jotter api-keys list` shows it')
    addJson(command)
    addTargetOptions(command)
  },

  async run(context, command) {
    const { io } = context
    const id = command.args[0] as string
    const { json } = command.opts<{ json?: true }>()
    await using admin = await openAdmin(context, command)
    await naming(`id ${id}`, admin.removeApiKey(id))
    if (json) io.out(jsonText({ id, deleted: true }))
    io.err(`deleted API key ${printable(id)}: servers refuse it within a second\n`)
    suggest(io, 'jotter api-keys list')
    return EXIT.done
  },
}
