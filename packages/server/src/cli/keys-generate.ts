import { generateKey } from '@jotter/token'
import { KEY_PAIR_ALGS } from '../settings-tokens.ts'
import type { CliCommand } from './command.ts'
import { EXIT, printable } from './io.ts'
import { privateText, publicText, writeKeyFile } from './key-files.ts'
import { readChoice } from './options.ts'

interface Options {
  alg: string
  pem?: true
  out?: string
}

/** For clients that sign, and for `keys import`. With `--out` the public half is on stdout. */
export const keysGenerate: CliCommand = {
  examples: [
    'jotter keys generate --out client.key > client.pub',
    'jotter keys generate --alg RS256 --pem',
  ],

  shape(command) {
    command
      .option('--alg <alg>', `one of ${KEY_PAIR_ALGS.join(', ')}`, 'ES256')
      .option('--pem', 'PEM instead of a JWK')
      .option('--out <file>', 'write the private key there, for its owner only')
  },

  async run({ io }, command) {
    const { alg, pem = false, out } = command.opts<Options>()
    const key = await generateKey(readChoice('--alg', alg, KEY_PAIR_ALGS))
    if (out === undefined) io.out(privateText(key, pem))
    else {
      writeKeyFile(out, privateText(key, pem))
      io.out(publicText(key, pem))
      io.err(`the private key is in ${printable(out)}\n`)
    }
    return EXIT.done
  },
}
