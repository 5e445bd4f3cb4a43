import { addTargetOptions, openAdmin, type SigningKeyAnswer } from './admin.ts'
import type { CliCommand } from './command.ts'
import { EXIT, jsonText, printable } from './io.ts'
import { addJson, addQuiet, addUtc } from './options.ts'
import { printTable } from './table.ts'
import { timeCell } from './times.ts'

interface Options {
  json?: true
  quiet?: true
  utc?: boolean
}

/** What comes next for a key, by its state. */
const NEXT: Readonly<Record<string, (key: SigningKeyAnswer) => [what: string, at: string | null]>> =
  {
    next: (key) => ['signs', key.promote_at],
    retiring: (key) => ['retires', key.retire_at],
  }

export const keysList: CliCommand = {
  examples: ['jotter keys list', 'jotter keys list --utc'],

  shape(command) {
    addQuiet(command, 'kids')
    addUtc(command)
    addJson(command)
    addTargetOptions(command)
  },

  async run(context, command) {
    const { io, now } = context
    const { json, quiet, utc = false } = command.opts<Options>()
    await using admin = await openAdmin(context, command)
    const answer = await admin.signingKeys()
    if (json) io.out(jsonText(answer))
    else if (quiet) for (const { kid } of answer.items) io.out(`${printable(kid)}\n`)
    else {
      printTable(
        io,
        ['KID', 'ALG', 'STATE', 'SINCE', 'NEXT'],
        answer.items.map((key) => {
          const [what, at] = NEXT[key.state]?.(key) ?? ['', null]
          return [
            key.kid,
            key.alg,
            key.state,
            timeCell(key.state_at, now(), utc),
            at === null ? '-' : `${what} ${timeCell(at, now(), utc)}`,
          ]
        }),
      )
    }
    return EXIT.done
  },
}
