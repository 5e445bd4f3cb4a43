import { signingKeyAnswer } from '../keys/answers.ts'
import { addTargetOptions, openAdmin } from './admin.ts'
import type { CliCommand } from './command.ts'
import { CliError, naming } from './failure.ts'
import { EXIT, jsonText, printable, suggest } from './io.ts'
import { addJson } from './options.ts'
import { keysOfText, readFile } from './token-keys.ts'

interface Options {
  alg?: string
  json?: true
}

export const keysImport: CliCommand = {
  examples: ['jotter keys import signing.jwk', 'jotter keys import - --alg RS256 < signing.pem'],

  shape(command) {
    command
      .argument('<file>', 'a private key, JWK or PEM; - for standard input')
      .option('--alg <alg>', 'of a key that does not name its algorithm, as PEM')
    addJson(command)
    addTargetOptions(command)
  },

  async run(context, command) {
    const { io } = context
    const file = command.args[0] as string
    const { alg, json } = command.opts<Options>()
    const text = file === '-' ? await context.readInput() : readFile(file, file)
    const [pair, ...more] = keysOfText(io, text, alg, file)
    if (pair === undefined || more.length > 0 || !pair.signs || pair.kty === 'oct') {
      throw new CliError(EXIT.usage, 'it is not one private key', {
        from: file,
        remedy: 'jotter keys generate    prints one',
      })
    }
    await using admin = await openAdmin(context, command)
    const keys = await admin.localKeys()
    const key = signingKeyAnswer(await naming(file, keys.add(pair)))
    io.out(json ? jsonText(key) : `${printable(key.kid)}\n`)
    io.err(`it waits, and may sign from ${key.promote_at} on\n`)
    suggest(io, 'jotter keys list')
    return EXIT.done
  },
}
