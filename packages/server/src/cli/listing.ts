/** What every command that prints a list has: pages, and a page as a table, as names or as JSON. */
import { type Command, Option } from 'commander'
import { integer } from '../settings-kinds.ts'
import { addTargetOptions } from './admin.ts'
import type { Context } from './context.ts'
import { EXIT, type ExitCode, jsonText, printable } from './io.ts'
import { addJson, addUtc, readOption } from './options.ts'
import { printTable } from './table.ts'
import { timeCell } from './times.ts'

/** How a list is printed. */
export interface PrintOptions {
  json?: true
  quiet?: true
  utc?: boolean
}

export interface ListOptions extends PrintOptions {
  limit: string
  after?: string
}

export interface Page<Item> {
  readonly items: readonly Item[]
  /** What `--after` takes for the next page; absent of a list that is always whole. */
  readonly next?: string | null
}

/** How a page looks to people. */
export interface Listing<Item> {
  /** What `--quiet` prints of an item. */
  readonly name: (item: Item) => string
  readonly headers: readonly string[]
  /** The cells of an item. `time` writes RFC 3339 times. */
  readonly row: (item: Item, time: (at: string | null) => string) => readonly string[]
}

/** @param names What `--quiet` prints, in a word. */
export function addListOptions(command: Command, names: string): Command {
  command
    .addOption(new Option('--limit <count>', 'at most so many, up to 200').default('50', '50'))
    .option('--after <cursor>', 'what comes after a page: its `next`')
  return addPrintOptions(command, names)
}

/** Of a list that is always whole. */
export function addPrintOptions(command: Command, names: string): Command {
  command.addOption(new Option('-q, --quiet', `print ${names} only`).conflicts('json'))
  addUtc(command)
  addJson(command)
  return addTargetOptions(command)
}

/** @throws {CliError} With the usage code. */
export const readPaging = ({ after, limit }: ListOptions) => ({
  after,
  limit: readOption('--limit', limit, integer(1, 200)),
})

/** Prints a page as the options say, and on stderr how to get the next one. */
export function printPage<Item>(
  { io, now }: Context,
  { json, quiet, utc = false }: PrintOptions,
  page: Page<Item>,
  { name, headers, row }: Listing<Item>,
): ExitCode {
  const time = (at: string | null) => timeCell(at, now(), utc)
  if (json) io.out(jsonText(page))
  else if (quiet) for (const item of page.items) io.out(`${printable(name(item))}\n`)
  else {
    const rows = page.items.map((item) => row(item, time))
    printTable(io, headers, rows)
  }
  if (page.next) io.err(`more   the same with --after ${printable(page.next)}\n`)
  return EXIT.done
}
