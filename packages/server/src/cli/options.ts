/** Options that several commands have, and how the text of one is read. */
import type { Command } from 'commander'
import { writtenPhoneDigits } from '../phone.ts'
import type { Kind } from '../settings-kinds.ts'
import { distance } from '../settings-sources.ts'
import { CliError, serviceFailure } from './failure.ts'
import { EXIT } from './io.ts'

export const addJson = (command: Command): Command =>
  command.option('--json', 'print one JSON document')

export const addUtc = (command: Command): Command =>
  command.option('--utc', 'show times in UTC beside how long ago they were')

/**
 * The value of an option that is read as a setting of this kind would be.
 *
 * @throws {CliError} With the usage code.
 */
export function readOption<T>(flag: string, text: string, kind: Kind<T>): T {
  try {
    return kind.parse(text)
  } catch (error) {
    throw new CliError(EXIT.usage, `${flag} ${(error as Error).message}`, { from: flag })
  }
}

/** The digits of a phone number. @throws {CliError} With the usage code. */
export function readPhone(text: string): string {
  const digits = writtenPhoneDigits(text)
  if (digits === undefined)
    throw serviceFailure('phone_number_invalid', { from: `--phone ${text}` })
  return digits
}

/** One of `choices`. @throws {CliError} With the usage code, and the choice that was likely meant. */
export function readChoice<T extends string>(flag: string, text: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === text)
  if (found !== undefined) return found
  const [nearest] = choices.toSorted((a, b) => distance(text, a) - distance(text, b))
  throw new CliError(EXIT.usage, `${flag} must be one of ${choices.join(', ')}`, {
    from: `${flag} ${text}`,
    remedy: `did you mean ${nearest}?`,
  })
}
