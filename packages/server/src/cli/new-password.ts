import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import type { Context } from './context.ts'
import { CliError } from './failure.ts'
import { EXIT } from './io.ts'

export const addPasswordFile = (command: Command): Command =>
  command.option('--password-file <file>', 'where the password stands; - is standard input')

/**
 * A new password: typed twice on a terminal, else from the file or from standard input, without one
 * newline at its end. Never a flag: those are seen, and kept in the history of the shell.
 *
 * @throws {CliError} Nothing of the password is in its message.
 */
export async function readNewPassword(context: Context, file: string = '-'): Promise<string> {
  if (file !== '-') return passwordOf(readFile(file), `--password-file ${file}`)
  const [first, second] = (await context.askHidden(['password: ', 'once more: '])) ?? []
  if (first === undefined) return passwordOf(await context.readInput(), 'standard input')
  if (first !== second) throw new CliError(EXIT.usage, 'these are two passwords, not one twice')
  return passwordOf(first, 'the terminal')
}

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new CliError(EXIT.usage, `cannot read the password: ${(error as Error).message}`, {
      from: `--password-file ${path}`,
    })
  }
}

function passwordOf(text: string, from: string): string {
  const password = text.replace(/\r?\n$/, '')
  // What the decoder makes of bytes that are none: two passwords would be one.
  if (password.includes('\ufffd')) {
    throw new CliError(EXIT.usage, 'the password is not UTF-8', { from })
  }
  if (password !== '') return password
  throw new CliError(EXIT.usage, 'there is no password', {
    from,
    remedy: 'type it on a terminal, or give --password-file',
  })
}
