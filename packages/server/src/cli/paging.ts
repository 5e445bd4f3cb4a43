import { type Command, Option } from 'commander'
import { integer } from '../settings-kinds.ts'
import { type Io, printable } from './io.ts'
import { readOption } from './options.ts'

export const addPaging = (command: Command): Command =>
  command
    .addOption(new Option('--limit <count>', 'at most so many, up to 200').default('50', '50'))
    .option('--after <cursor>', 'what comes after a page: its `next`')

/** @throws {CliError} With the usage code. */
export const readLimit = (text: string): number => readOption('--limit', text, integer(1, 200))

/** Says how to get the next page, when there is one. */
export function tellMore({ err }: Io, { next }: { next: string | null }): void {
  if (next !== null) err(`more   the same with --after ${printable(next)}\n`)
}
