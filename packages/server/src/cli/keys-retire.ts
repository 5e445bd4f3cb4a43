import { addTargetOptions, openAdmin } from './admin.ts'
import type { CliCommand } from './command.ts'
import { CliError, naming } from './failure.ts'
import { EXIT, jsonText, printable, suggest } from './io.ts'
import { addJson } from './options.ts'

interface Options {
  emergency?: true
  yes?: true
  json?: true
}

export const keysRetire: CliCommand = {
  examples: ['jotter keys retire KID', 'jotter keys retire KID --emergency --yes'],

  shape(command) {
    command
      .argument('<kid>', 'the kid of the key, as `jotter keys list` shows it')
      .option('--emergency', 'at once: its tokens are refused; another key signs if it did')
      .option(
        '--yes',
        'mean --emergency, or that no server signs with the algorithm of an active key',
      )
    addJson(command)
    addTargetOptions(command)
  },

  async run(context, command) {
    const { io } = context
    const kid = command.args[0] as string
    const { emergency = false, yes = false, json } = command.opts<Options>()
    if (emergency && !yes) {
      throw new CliError(EXIT.usage, 'every token that the key has signed would be refused', {
        from: '--emergency',
        remedy: 'give --yes as well',
      })
    }
    await using admin = await openAdmin(context, command)
    const key = await naming(`kid ${kid}`, admin.retireKey(kid, { emergency, unused: yes }))
    if (json) io.out(jsonText(key))
    io.err(`${printable(kid)} is ${key.state}: servers follow within a second\n`)
    suggest(io, 'jotter keys list')
    return EXIT.done
  },
}
