import { SCOPES } from '../api-keys/store.ts'
import { addTargetOptions, openAdmin } from './admin.ts'
import type { CliCommand } from './command.ts'
import { CliError } from './failure.ts'
import { EXIT, jsonText, printable, suggest } from './io.ts'
import { addJson, readChoice } from './options.ts'
import { readTime } from './times.ts'

interface Options {
  name: string
  scope: string[]
  expires?: string
  json?: true
}

/** The secret alone is on stdout, so that it can go into a file and nowhere else. */
export const apiKeysCreate: CliCommand = {
  examples: [
    'jotter api-keys create --name backend --scope transactions:write > backend.key',
    'jotter api-keys create --name audit --scope transactions:read --scope metrics --expires 90d',
  ],

  shape(command) {
    command
      .requiredOption('--name <name>', 'what it is for, 1 to 100 characters')
      .requiredOption(
        '--scope <scope>',
        `what it may do, may be given again: ${SCOPES.join(', ')}`,
        (scope: string, others: string[] = []) => [...others, ...scope.split(',')],
      )
      .option('--expires <time>', 'when it ends: 12h, 90d or an RFC 3339 time (default: never)')
    addJson(command)
    addTargetOptions(command)
  },

  async run(context, command) {
    const { io, now } = context
    const { name, scope, expires, json } = command.opts<Options>()
    if (name.trim() === '' || name.length > 100) {
      throw new CliError(EXIT.usage, '--name must have 1 to 100 characters', { from: '--name' })
    }
    const scopes = scope.map((text) => readChoice('--scope', text, SCOPES))
    const expiresAt =
      expires === undefined ? undefined : readTime('--expires', expires, 'after', now())
    if (expiresAt !== undefined && expiresAt <= now()) {
      throw new CliError(EXIT.usage, '--expires lies in the past', { from: `--expires ${expires}` })
    }

    await using admin = await openAdmin(context, command)
    const key = await admin.createApiKey({ name, scopes, expiresAt })
    io.out(json ? jsonText(key) : `${printable(key.secret)}\n`)
    const end = key.expires_at === null ? 'never expires' : `expires at ${key.expires_at}`
    const line = `API key ${key.id} (${key.name}) for ${key.scopes.join(', ')}: ${end}`
    io.err(`${printable(line)}\n`)
    io.err('its secret is shown this once\n')
    suggest(io, 'jotter api-keys list')
    return EXIT.done
  },
}
