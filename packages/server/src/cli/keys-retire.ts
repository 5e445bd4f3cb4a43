import { signingKeyAnswer } from '../keys/answers.ts'
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
      .option('--yes', 'mean --emergency, or the end of a key that signs')
    addJson(command)
    addTargetOptions(command)
  },

  async run(context, command) {
    const { io } = context
    const kid = command.args[0] as string
    const { emergency = false, yes, json } = command.opts<Options>()
    await using admin = await openAdmin(context, command)
    const keys = await admin.localKeys()
    const { state, alg } = await naming(`kid ${kid}`, keys.get(kid))
    if (!yes && emergency) throw unmeant('every token that the key has signed would be refused')
    // The servers may have other settings than this command.
    if (!yes && state === 'active' && !keys.inUse(alg)) {
      throw unmeant(`the key signs wherever ACCESS_ALG is ${alg}, which it is not here`)
    }
    const key = await naming(`kid ${kid}`, keys.retire(kid, { emergency }))
    if (json) io.out(jsonText(signingKeyAnswer(key)))
    io.err(`${printable(kid)} is ${key.state}: servers follow within a second\n`)
    suggest(io, 'jotter keys list')
    return EXIT.done
  },
}

const unmeant = (message: string) =>
  new CliError(EXIT.usage, message, { remedy: 'give --yes if that is meant' })
