import { importKey } from '@jotter/token'
import { addTargetOptions, openAdmin } from './admin.ts'
import type { CliCommand } from './command.ts'
import { CliError, naming, serviceFailure } from './failure.ts'
import { EXIT, printable } from './io.ts'
import { privateText, publicText, writeKeyFile } from './key-files.ts'

interface Options {
  pem?: true
  private?: true
  yes?: true
  out?: string
}

export const keysExport: CliCommand = {
  examples: [
    'jotter keys export KID --pem > jotter.pub',
    'jotter keys export KID --private --yes --out jotter.key',
  ],

  shape(command) {
    command
      .argument('<kid>', 'the kid of the key, as `jotter keys list` shows it')
      .option('--pem', 'PEM instead of a JWK')
      .option('--private', 'both halves: whoever has them makes tokens of this service')
      .option('--yes', 'mean --private')
      .option('--out <file>', 'write it there, for its owner only')
    addTargetOptions(command)
  },

  async run(context, command) {
    const { io } = context
    const kid = command.args[0] as string
    const { pem = false, private: both, yes, out } = command.opts<Options>()
    if (both && !yes) {
      throw new CliError(EXIT.usage, 'whoever has the private key makes tokens of this service', {
        from: '--private',
        remedy: 'give --yes as well',
      })
    }
    await using admin = await openAdmin(context, command)
    const text = both
      ? privateText(await naming(`kid ${kid}`, (await admin.localKeys()).reveal(kid)), pem)
      : publicText(await publicKey(), pem)
    if (out === undefined) io.out(text)
    else {
      writeKeyFile(out, text)
      io.err(`written to ${printable(out)}\n`)
    }
    return EXIT.done

    async function publicKey() {
      const { items } = await admin.signingKeys()
      const key = items.find((one) => one.kid === kid)
      if (key === undefined) throw serviceFailure('key_not_found', { from: `kid ${kid}` })
      return importKey(key.public_jwk as never)
    }
  },
}
