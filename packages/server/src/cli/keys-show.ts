import { addTargetOptions, openAdmin } from './admin.ts'
import type { CliCommand } from './command.ts'
import { naming, serviceFailure } from './failure.ts'
import { EXIT, jsonText } from './io.ts'
import { addJson, addUtc } from './options.ts'
import { printPairs } from './table.ts'
import { timeCell } from './times.ts'

export const keysShow: CliCommand = {
  examples: ['jotter keys show KID', 'jotter keys show KID --json | jq .public_jwk'],

  shape(command) {
    command.argument('<kid>', 'the kid of the key, as `jotter keys list` shows it')
    addUtc(command)
    addJson(command)
    addTargetOptions(command)
  },

  async run(context, command) {
    const { io, now } = context
    const kid = command.args[0] as string
    const { json, utc = false } = command.opts<{ json?: true; utc?: boolean }>()
    await using admin = await openAdmin(context, command)
    const { items } = await naming(`kid ${kid}`, admin.signingKeys())
    const key = items.find((one) => one.kid === kid)
    if (key === undefined) throw serviceFailure('key_not_found', { from: `kid ${kid}` })
    if (json) io.out(jsonText(key))
    else {
      const cell = (time: string | null) => timeCell(time, now(), utc)
      printPairs(io, [
        ['kid', key.kid],
        ['alg', key.alg],
        ['state', key.state],
        ['since', cell(key.state_at)],
        ['created', cell(key.created_at)],
        ['signs from', cell(key.promote_at)],
        ['retires', cell(key.retire_at)],
        ['public', JSON.stringify(key.public_jwk)],
      ])
    }
    return EXIT.done
  },
}
