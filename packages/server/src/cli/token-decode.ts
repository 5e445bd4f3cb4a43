import { type Claims, decodeUnverified, TokenError, type UnverifiedToken } from '@jotter/token'
import type { CliCommand } from './command.ts'
import type { Context } from './context.ts'
import { CliError } from './failure.ts'
import { EXIT, jsonText, painted } from './io.ts'
import { addJson } from './options.ts'
import { printTable } from './table.ts'
import { relative } from './times.ts'
import { readToken } from './token-argument.ts'

/** NumericDate claims of RFC 7519 and OpenID Connect. */
const TIMES = ['iat', 'nbf', 'exp', 'auth_time', 'updated_at']

export const tokenDecode: CliCommand = {
  examples: [
    'jotter token decode eyJhbGciOiJIUzI1NiJ9...',
    'jotter token issue --phone 15555551212 | jotter token decode -',
  ],

  shape(command) {
    command.argument('<token>', 'the token, or - for standard input')
    addJson(command)
  },

  async run(context, command) {
    const { io } = context
    const { json } = command.opts<{ json?: true }>()
    const token = await readToken(context, command.args[0] as string)
    const { header, payload = null } = decode(token)
    io.err(
      `${painted(io.color.err, ['bold', 'yellow'], 'NOT VERIFIED')}: anybody may have written this\n`,
    )
    if (json) io.out(jsonText({ header, payload }))
    else {
      io.out(
        `HEADER\n${jsonText(header)}\nPAYLOAD\n${payload === null ? '-\n' : jsonText(payload)}`,
      )
      printTimes(context, payload ?? {})
    }
    return EXIT.done
  },
}

function decode(token: string): UnverifiedToken {
  try {
    return decodeUnverified(token)
  } catch (error) {
    if (!(error instanceof TokenError)) throw error
    throw new CliError(EXIT.negative, `this is no token: ${error.message}`, {
      from: error.detail ?? [],
      remedy: 'a token is three parts of base64url with a dot between them',
    })
  }
}

function printTimes({ io, now }: Context, payload: Claims): void {
  const rows = TIMES.flatMap((claim) => {
    const value = payload[claim]
    // A time that no Date can hold is shown above, as the number that it is.
    const date = typeof value === 'number' ? new Date(value * 1000) : undefined
    if (date === undefined || Number.isNaN(date.getTime())) return []
    return [[claim, date.toISOString(), relative(date.getTime(), now())]]
  })
  if (rows.length === 0) return
  io.out('\n')
  printTable(io, ['CLAIM', 'TIME', ''], rows)
}
