import { addTargetOptions, openAdmin } from './admin.ts'
import type { CliCommand } from './command.ts'
import { naming } from './failure.ts'
import { EXIT, jsonText, printable, suggest } from './io.ts'
import { addJson } from './options.ts'

export const clientsDelete: CliCommand = {
  examples: ['jotter clients delete app1', 'jotter clients delete app1 --json'],

  shape(command) {
    command.argument('<id>', 'the id of the client')
    addJson(command)
    addTargetOptions(command)
  },

  async run(context, command) {
    const { io } = context
    const id = command.args[0] as string
    await using admin = await openAdmin(context, command)
    await naming(`id ${id}`, admin.removeClient(id))
    if (command.opts<{ json?: true }>().json) io.out(jsonText({ id, deleted: true }))
    io.err(`deleted client ${printable(id)}, and its keys\n`)
    suggest(io, 'jotter clients list')
    return EXIT.done
  },
}
