/** What the two commands about the schema share: which database, and what it has. */
import type { Command } from 'commander'
import { databaseOf, shownUrl } from '../database.ts'
import { StoreUnavailable } from '../errors.ts'
import type { Settings } from '../settings.ts'
import { appliedTo } from '../stores/schema.ts'
import { type Migration, missingOf, readMigrations } from '../stores/sql/migrations.ts'
import type { Context } from './context.ts'
import { CliError } from './failure.ts'
import { EXIT, printable, warn } from './io.ts'
import { addJson } from './options.ts'
import { addSettingFlags, settingFlags } from './setting-flags.ts'

export interface SchemaRow {
  version: number
  name: string
  /** RFC 3339; null for one that the database does not have. */
  applied_at: string | null
}

export interface Schema {
  url: string
  /** The setting that names it, and where that was read. */
  from: string
  settings: Settings
  /** Every migration of this binary, the applied ones first. */
  rows: SchemaRow[]
  missing: readonly Migration[]
}

export function addSchemaOptions(command: Command): Command {
  addJson(command)
  return addSettingFlags(command, ['ENV', 'DATA', 'DATABASE_URL', 'DATABASE_TIMEOUT_MS'])
}

/**
 * The schema that the settings name. Says on stderr whose it is.
 *
 * @throws {CliError} When there is none to look at.
 * @throws {MigrationError} When it is newer than this binary, or an applied file changed.
 */
export async function openSchema({ io, ...context }: Context, command: Command): Promise<Schema> {
  const { settings, origins, warnings } = context.settings(settingFlags(command))
  const { url, setting } = databaseOf(settings)
  const from = `${setting} (${origins[setting]})`
  io.err(`store  ${printable(shownUrl(url))}\n`)
  for (const warning of warnings) warn(io, warning)
  if (url === 'memory:') {
    throw new CliError(EXIT.usage, 'a database in memory has no schema to migrate', { from })
  }
  return reaching(url, from, async () => {
    const applied = (await appliedTo(url, settings.DATABASE_TIMEOUT_MS)) ?? []
    const missing = missingOf(applied, readMigrations())
    const rows = [
      ...applied.map(({ version, name, appliedAt }) => ({
        version,
        name,
        applied_at: new Date(appliedAt).toISOString(),
      })),
      ...missing.map(({ version, name }) => ({ version, name, applied_at: null })),
    ]
    return { url, from, settings, rows, missing }
  })
}

/** `work`, whose failure names the database and the setting. */
export async function reaching<T>(url: string, from: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error
    throw new CliError(
      EXIT.unreachable,
      `cannot open the database ${shownUrl(url)}: ${error.message}`,
      {
        from,
        remedy: 'is it there, and may this user read and write it?',
      },
    )
  }
}
