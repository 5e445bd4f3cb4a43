import { addTargetOptions, openAdmin, type RotationsAnswer } from './admin.ts'
import type { CliCommand } from './command.ts'
import type { Context } from './context.ts'
import { CliError } from './failure.ts'
import { EXIT, jsonText, printable, suggest } from './io.ts'
import { addJson, addUtc } from './options.ts'
import { timeCell } from './times.ts'

interface Options {
  alg?: string
  emergency?: true
  dryRun?: true
  yes?: true
  json?: true
  utc?: boolean
}

/** The plan comes first, on stderr; the kids of the keys that sign next are the result. */
export const keysRotate: CliCommand = {
  examples: ['jotter keys rotate --dry-run', 'jotter keys rotate --emergency --yes'],

  shape(command) {
    command
      .option('--alg <alg>', 'only the key of this algorithm (default: every one that signs)')
      .option('--emergency', 'at once: tokens of the key that signs now are refused')
      .option('--dry-run', 'print the plan and change nothing')
      .option('--yes', 'mean --emergency')
    addUtc(command)
    addJson(command)
    addTargetOptions(command)
  },

  async run(context, command) {
    const { io } = context
    const { alg, emergency, dryRun, yes, json, utc = false } = command.opts<Options>()
    const wanted = { alg, emergency }
    await using admin = await openAdmin(context, command)
    const plan = await admin.rotateKeys({ ...wanted, dryRun: true })
    printPlan(context, plan, utc)
    if (dryRun) {
      if (json) io.out(jsonText(plan))
      return EXIT.done
    }
    if (emergency && !yes) {
      throw new CliError(EXIT.usage, 'every token that the key has signed would be refused', {
        from: '--emergency',
        remedy: 'give --yes as well',
      })
    }
    const done = await admin.rotateKeys(wanted)
    if (json) io.out(jsonText(done))
    else for (const { kid } of done.items) io.out(`${printable(kid ?? '')}\n`)
    suggest(io, 'jotter keys list')
    return EXIT.done
  },
}

function printPlan({ io, now }: Context, { items }: RotationsAnswer, utc: boolean): void {
  const cell = (time: string | null) => timeCell(time, now(), utc)
  for (const { alg, kid, promote_at, replaces, retire_at } of items) {
    const signs = `${alg}: ${kid ?? 'a new key'} signs ${cell(promote_at)}`
    const before =
      replaces === null ? '' : `; ${replaces} verifies until then, and goes ${cell(retire_at)}`
    io.err(`plan   ${printable(signs + before)}\n`)
  }
}
