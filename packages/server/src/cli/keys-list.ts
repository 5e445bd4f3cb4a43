import { openAdmin, type SigningKeyAnswer } from './admin.ts'
import type { CliCommand } from './command.ts'
import { addPrintOptions, type PrintOptions, printPage } from './listing.ts'

/** What comes next for a key, by its state. */
const NEXT: Readonly<Record<string, (key: SigningKeyAnswer) => [what: string, at: string | null]>> =
  {
    next: (key) => ['signs', key.promote_at],
    retiring: (key) => ['retires', key.retire_at],
  }

export const keysList: CliCommand = {
  examples: ['jotter keys list', 'jotter keys list --utc'],

  shape(command) {
    addPrintOptions(command, 'kids')
  },

  async run(context, command) {
    await using admin = await openAdmin(context, command)
    return printPage(context, command.opts<PrintOptions>(), await admin.signingKeys(), {
      name: (key) => key.kid,
      headers: ['KID', 'ALG', 'STATE', 'SINCE', 'NEXT'],
      row: (key, time) => {
        const [what, at] = NEXT[key.state]?.(key) ?? ['', null]
        return [
          key.kid,
          key.alg,
          key.state,
          time(key.state_at),
          at === null ? '-' : `${what} ${time(at)}`,
        ]
      },
    })
  },
}
