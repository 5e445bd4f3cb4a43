import type { Context } from './context.ts'
import { CliError } from './failure.ts'
import { EXIT } from './io.ts'

/** The token that a line names: itself, or `-` for standard input. */
export async function readToken({ readInput }: Context, argument: string): Promise<string> {
  const token = (argument === '-' ? await readInput() : argument).trim()
  if (token !== '') return token
  throw new CliError(EXIT.usage, 'there is no token', {
    from: argument === '-' ? 'standard input' : 'the first argument',
    remedy: 'jotter token issue --phone 15555551212 | jotter token decode -',
  })
}
