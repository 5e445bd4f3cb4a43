import type { CliCommand } from './command.ts'
import { EXIT, jsonText, suggest } from './io.ts'
import { addSchemaOptions, openSchema } from './migrate.ts'
import { addUtc } from './options.ts'
import { printTable } from './table.ts'
import { timeCell } from './times.ts'

/** Tells which migrations the database has. Changes nothing. */
export const migrateStatus: CliCommand = {
  examples: ['jotter migrate status', 'jotter migrate status --json'],

  shape(command) {
    addSchemaOptions(addUtc(command))
  },

  async run(context, command) {
    const { io, now } = context
    const { json, utc = false } = command.opts<{ json?: true; utc?: true }>()
    const { rows, missing } = await openSchema(context, command)
    const current = missing.length === 0
    if (json) io.out(jsonText({ current, migrations: rows }))
    else {
      const cells = rows.map(({ version, name, applied_at }) => [
        String(version).padStart(4, '0'),
        name,
        timeCell(applied_at, now(), utc),
      ])
      printTable(io, ['VERSION', 'NAME', 'APPLIED'], cells)
    }
    if (!current) suggest(io, 'jotter migrate up')
    return current ? EXIT.done : EXIT.negative
  },
}
