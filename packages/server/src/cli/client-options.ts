/** Options that commands on clients share, and what is shown of a client. */
import type { Command } from 'commander'
import { BOUNDS } from '../clients/service.ts'
import type { WrittenPolicy } from '../clients/written.ts'
import { given } from '../http.ts'
import { integer } from '../settings-kinds.ts'
import type { ClientPageAnswer } from './admin.ts'
import type { Argument } from './change.ts'
import { CliError } from './failure.ts'
import { EXIT } from './io.ts'
import { readOption } from './options.ts'
import { readSeconds } from './times.ts'

export const CLIENT: Argument = ['<id>', 'the id of the client']

export interface PolicyOptions {
  nbf?: string
  ttl?: string
  maxUses?: string
  aud?: string
  strict?: boolean
}

export function addPolicyOptions(command: Command): Command {
  return command
    .option('--nbf <length>', 'from the login until the use token begins (default: 10s)')
    .option('--ttl <length>', 'from the login until the use token ends (default: 30s)')
    .option('--max-uses <count>', 'how often one use token may be used, or any (default: any)')
    .option('--aud <audience>', 'aud of the use token; "" is the service itself')
    .option('--strict', 'demand request tokens as RFC 7523 has them (default: in production)')
    .option('--no-strict', 'let request tokens say no more than iss')
}

/** What is given of them. @throws {CliError} With the usage code. */
export function readPolicy({ nbf, ttl, maxUses, aud, strict }: PolicyOptions): WrittenPolicy {
  const { notBeforeSeconds, lifetimeSeconds, maxUses: uses } = BOUNDS
  const all = {
    not_before_seconds: given(nbf, (text) => readSeconds('--nbf', text, notBeforeSeconds)),
    lifetime_seconds: given(ttl, (text) => readSeconds('--ttl', text, lifetimeSeconds)),
    max_uses: given(maxUses, (text) =>
      text === 'any' ? null : readOption('--max-uses', text, integer(...uses)),
    ),
    audience: given(aud, readAudience),
    strict,
  }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
}

function readAudience(text: string): string | null {
  if (text === '') return null
  if (/^[\x21-\x7e]{1,255}$/.test(text)) return text
  throw new CliError(EXIT.usage, '--aud must be 1 to 255 printable characters without spaces', {
    from: '--aud',
  })
}

type Shown = ClientPageAnswer['items'][number]

/** `RFC 7523` of request tokens, as a table says it. */
export const strictCell = ({ strict }: Shown): string =>
  strict === null ? 'by profile' : strict ? 'yes' : 'no'
export const stateCell = ({ disabled }: Shown): string => (disabled ? 'disabled' : 'active')
