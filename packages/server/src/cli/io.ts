import { styleText } from 'node:util'

/** How a command speaks: results on stdout, prose on stderr. */
export interface Io {
  out(text: string): void
  err(text: string): void
  readonly terminal: { readonly out: boolean; readonly err: boolean; readonly columns: number }
  /** Which of the two may be coloured. */
  readonly color: { readonly out: boolean; readonly err: boolean }
}

/** Exit codes, as scripts rely on them. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  negative: 3,
  notFound: 4,
  conflict: 5,
  unreachable: 6,
  notPermitted: 7,
  interrupted: 130,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

type Format = Parameters<typeof styleText>[0]

/** `text` in colour where that is allowed. */
export const painted = (allowed: boolean, format: Format, text: string): string =>
  allowed ? styleText(format, text, { validateStream: false }) : text

export function warn(io: Io, text: string): void {
  io.err(`${painted(io.color.err, 'yellow', 'warning:')} ${printable(text)}\n`)
}

/** After a change: what one does next. */
export function suggest(io: Io, command: string): void {
  io.err(`next   ${command}\n`)
}

/** Characters that move a cursor, hide themselves or turn the line around. */
const UNPRINTABLE = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

const escaped = (character: string): string =>
  character.replace(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** Text of others on one line: what would act on the terminal is shown as its number. */
export const printable = (text: string): string =>
  text.replace(UNPRINTABLE, escaped).replaceAll('\n', escaped('\n'))

/** One JSON document. */
export const jsonText = (document: unknown): string =>
  `${JSON.stringify(document, null, 2).replace(UNPRINTABLE, escaped)}\n`
