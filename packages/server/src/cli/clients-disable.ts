import { addTargetOptions, openAdmin } from './admin.ts'
import type { CliCommand } from './command.ts'
import { naming } from './failure.ts'
import { EXIT, jsonText, printable, suggest } from './io.ts'
import { addJson } from './options.ts'

export const clientsDisable: CliCommand = {
  examples: ['jotter clients disable app1', 'jotter clients disable app1 --json'],

  shape(command) {
    command.argument('<id>', 'the id of the client')
    addJson(command)
    addTargetOptions(command)
  },

  async run(context, command) {
    const { io } = context
    const id = command.args[0] as string
    await using admin = await openAdmin(context, command)
    const client = await naming(`id ${id}`, admin.updateClient(id, { disabled: true }))
    if (command.opts<{ json?: true }>().json) io.out(jsonText(client))
    io.err(`disabled client ${printable(id)}: it can no longer log in\n`)
    suggest(io, `jotter clients update ${client.id} --enable`)
    return EXIT.done
  },
}
