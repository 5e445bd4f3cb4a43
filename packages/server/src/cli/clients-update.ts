import { addTargetOptions, openAdmin } from './admin.ts'
import { addPolicyOptions, CLIENT, type PolicyOptions, readPolicy } from './client-options.ts'
import type { CliCommand } from './command.ts'
import { CliError, naming } from './failure.ts'
import { EXIT, jsonText, printable, suggest } from './io.ts'
import { addJson } from './options.ts'

interface Options extends PolicyOptions {
  enable?: true
  json?: true
}

export const clientsUpdate: CliCommand = {
  examples: [
    'jotter clients update app1 --ttl 5m --max-uses 1',
    'jotter clients update app1 --enable',
  ],

  shape(command) {
    command.argument(...CLIENT)
    addPolicyOptions(command).option('--enable', 'let it log in again')
    addJson(command)
    addTargetOptions(command)
  },

  async run(context, command) {
    const { io } = context
    const id = command.args[0] as string
    const { enable, json, ...options } = command.opts<Options>()
    const change = { ...readPolicy(options), ...(enable && { disabled: false }) }
    if (Object.keys(change).length === 0) {
      throw new CliError(EXIT.usage, 'there is nothing to change', {
        remedy: 'jotter clients update --help    lists what can be changed',
      })
    }
    await using admin = await openAdmin(context, command)
    const client = await naming(`id ${id}`, admin.updateClient(id, change))
    if (json) io.out(jsonText(client))
    io.err(`changed client ${printable(id)}: its next login is by it\n`)
    suggest(io, `jotter clients show ${client.id}`)
    return EXIT.done
  },
}
