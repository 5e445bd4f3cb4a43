import { Option } from 'commander'
import { integer } from '../settings-kinds.ts'
import type { CliCommand } from './command.ts'
import { CliError } from './failure.ts'
import { EXIT, jsonText } from './io.ts'
import { addJson, readOption } from './options.ts'
import { addSettingFlags, settingFlags } from './setting-flags.ts'
import { relative } from './times.ts'
import { readToken } from './token-argument.ts'
import { checkGiven, checkOwn } from './token-check.ts'
import { readKeys, readSecret } from './token-keys.ts'

interface Options {
  secret?: string
  key?: string
  alg?: string
  iss?: string
  aud?: string
  leeway: string
  json?: true
}

export const tokenVerify: CliCommand = {
  examples: [
    'jotter token verify - < token.txt',
    'jotter token verify - -S b64:env:TELESIGN_API_KEY < token.txt',
  ],

  shape(command) {
    command
      .argument('<token>', 'the token, or - for standard input')
      .option(
        '-S, --secret <secret>',
        'the secret: @FILE, env:NAME or itself; b64: first for base64',
      )
      .option('--key <file>', 'the key instead: a JWK, a set of JWKs, or PEM with --alg')
      .option('--alg <alg>', 'the algorithm of the secret or key (default for a secret: HS256)')
      .option('--iss <issuer>', 'who must have issued it')
      .option('--aud <audience>', 'whom it must be for')
      .addOption(new Option('--leeway <seconds>', 'how far clocks may differ').default('0', '0'))
    addJson(command)
    addSettingFlags(command, ['ENV', 'DATA', 'DATABASE_URL'])
    command.addHelpText(
      'after',
      `
Without -S and --key it is checked as a transaction token of this installation, and its store is
asked whether the transaction is known and open. exp and iss are demanded of every token.
Every user of the machine sees what is on the line: give a secret by env: or @FILE.`,
    )
  },

  async run(context, command) {
    const { io, now } = context
    const { secret, key, alg, iss, aud, leeway, json } = command.opts<Options>()
    if (secret !== undefined && key !== undefined) {
      throw new CliError(EXIT.usage, 'a secret and a key at once', { from: '-S and --key' })
    }
    if (iss === '' || aud === '') {
      throw new CliError(EXIT.usage, 'an issuer or audience is a text that is not empty', {
        from: '--iss and --aud',
      })
    }
    const demands = {
      issuer: iss,
      audience: aud,
      leewaySeconds: readOption('--leeway', leeway, integer(0, 86_400)),
    }
    const token = await readToken(context, command.args[0] as string)
    const keys =
      secret !== undefined
        ? [readSecret(context, secret, alg)]
        : key !== undefined && readKeys(context, key, alg)
    const verdict = keys
      ? await checkGiven(context, token, keys, demands)
      : await checkOwn(context, context.settings(settingFlags(command)), token, demands)

    if (!verdict.valid) {
      const { reason, text, detail } = verdict
      // Nothing that was not accepted can be taken for checked.
      if (json) io.out(jsonText({ valid: false, reason, header: null, claims: null }))
      throw new CliError(EXIT.negative, `the token is not accepted: ${text}`, {
        from: detail,
        remedy: 'jotter token decode    shows what it says',
      })
    }
    const { header, claims } = verdict
    io.out(jsonText(json ? { valid: true, reason: null, header, claims } : claims))
    io.err(`accepted: ${header.alg}, expires ${relative(claims.exp * 1000, now())}\n`)
    return EXIT.done
  },
}
