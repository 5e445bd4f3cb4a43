/**
 * What is said to who passes `POST /`: lines of our own, or those of a file that the operator names.
 */
import { readFileSync, statSync } from 'node:fs'
import type { Settings } from './settings.ts'
import type { Rule } from './settings-rules.ts'

const OUR_LINES: readonly string[] = [
  'A token is a promise with a date on it.',
  'Signed is not sealed: anybody may read it.',
  'The clock is a witness that cannot be bribed.',
  'What never expires is never forgiven.',
  'Trust the key, not the claim.',
  'Early is refused as politely as late.',
  'Ask the key for the algorithm; never ask the token.',
  'A secret that two people know has two owners.',
  'Ten seconds of waiting are cheaper than ten hours of searching.',
  'Whoever sets the clock back gets the old trouble again.',
  'Every door should know whom it is for.',
  'A name is a claim until somebody has checked it.',
  'The shortest life is the easiest to guard.',
  'Revoke first, explain later.',
  'The last second belongs to nobody.',
  'Write it down before you say yes.',
  'Once is a number too.',
  'Where two clocks disagree, believe the one that checks.',
  'An empty signature is an empty promise.',
  'A good refusal says why, and nothing more.',
]

const MAX_BYTES = 64 * 1024
const MAX_LINE_CHARACTERS = 1_000

/** The file of the lines has become unusable between the check of the settings and the start. */
export class GateLinesError extends Error {
  override readonly name = 'GateLinesError'
}

/** The rule for commands that run the service. */
export const gateLinesRule: Rule = {
  of: ['GATE_LINES_FILE'],
  check(settings) {
    try {
      readGateLines(settings)
      return undefined
    } catch (error) {
      if (!(error instanceof GateLinesError)) throw error
      return { setting: 'GATE_LINES_FILE', message: error.message, fatal: true }
    }
  },
}

/**
 * One line each, without the empty ones.
 *
 * @throws {GateLinesError} Nothing of the file is in the message.
 */
export function readGateLines({
  GATE_LINES_FILE: file,
}: Pick<Settings, 'GATE_LINES_FILE'>): readonly string[] {
  if (file === undefined) return OUR_LINES
  const lines = textOf(file)
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
  if (lines.length === 0) throw new GateLinesError('has no line')
  if (lines.some((line) => line.length > MAX_LINE_CHARACTERS)) {
    throw new GateLinesError(`has a line of more than ${MAX_LINE_CHARACTERS} characters`)
  }
  return lines
}

function textOf(file: string): string {
  const bytes = bytesOf(file)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new GateLinesError('is no text in UTF-8')
  }
}

function bytesOf(file: string): Buffer {
  try {
    const stats = statSync(file)
    if (!stats.isFile()) throw new GateLinesError('is no file')
    if (stats.size > MAX_BYTES) throw new GateLinesError(`is larger than ${MAX_BYTES} bytes`)
    return readFileSync(file)
  } catch (error) {
    if (error instanceof GateLinesError) throw error
    throw new GateLinesError(`cannot be read: ${(error as NodeJS.ErrnoException).code}`)
  }
}
