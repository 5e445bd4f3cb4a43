/** What every command has that changes the one thing that its first word names. */
import { type Admin, addTargetOptions, openAdmin } from './admin.ts'
import type { CliCommand } from './command.ts'
import { EXIT, jsonText, printable, suggest } from './io.ts'
import { addJson } from './options.ts'

export interface Change {
  /** What `--json` prints. */
  readonly answer: object
  /** What has happened, for people. */
  readonly told: string
  /** The command that one may want next. */
  readonly next: string
}

/** The argument of a command, as its help shows it. */
export type Argument = readonly [usage: `<${string}>`, text: string]

export const changeCommand = (
  examples: CliCommand['examples'],
  argument: Argument,
  change: (admin: Admin, named: string) => Promise<Change>,
): CliCommand => ({
  examples,

  shape(command) {
    command.argument(...argument)
    addJson(command)
    addTargetOptions(command)
  },

  async run(context, command) {
    const { io } = context
    await using admin = await openAdmin(context, command)
    const { answer, told, next } = await change(admin, command.args[0] as string)
    if (command.opts<{ json?: true }>().json) io.out(jsonText(answer))
    io.err(`${printable(told)}\n`)
    suggest(io, next)
    return EXIT.done
  },
})
