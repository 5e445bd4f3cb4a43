import { mkdirSync } from 'node:fs'
import { ownDatabase } from '../database.ts'
import { openStores } from '../stores/open.ts'
import type { CliCommand } from './command.ts'
import { EXIT, jsonText } from './io.ts'
import { addSchemaOptions, openSchema, reaching } from './migrate.ts'

/** Brings the schema up to date, as a start of the service does. */
export const migrateUp: CliCommand = {
  examples: [
    'jotter migrate up',
    'DATABASE_URL=postgres://owner@db/jotter jotter migrate up --json',
  ],

  shape(command) {
    addSchemaOptions(command)
  },

  async run(context, command) {
    const { io, now } = context
    const { json } = command.opts<{ json?: true }>()
    const { url, from, settings, missing } = await openSchema(context, command)
    if (missing.length > 0) {
      if (url === ownDatabase(settings.DATA)) {
        mkdirSync(settings.DATA, { recursive: true, mode: 0o700 })
      }
      const timeoutMs = settings.DATABASE_TIMEOUT_MS
      const stores = await reaching(url, from, () => openStores(url, { now: now(), timeoutMs }))
      await stores.close()
    }
    const applied = missing.map(({ version, name }) => ({ version, name }))
    if (json) io.out(jsonText({ applied }))
    else if (applied.length === 0) io.err('the schema is up to date\n')
    else for (const { version, name } of applied) io.err(`applied ${version} (${name})\n`)
    return EXIT.done
  },
}
