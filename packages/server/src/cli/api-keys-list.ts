import { addTargetOptions, openAdmin } from './admin.ts'
import type { CliCommand } from './command.ts'
import { EXIT, jsonText, printable } from './io.ts'
import { addJson, addQuiet, addUtc } from './options.ts'
import { addPaging, readLimit, tellMore } from './paging.ts'
import { printTable } from './table.ts'
import { timeCell } from './times.ts'

interface Options {
  limit: string
  after?: string
  json?: true
  quiet?: true
  utc?: boolean
}

export const apiKeysList: CliCommand = {
  examples: ['jotter api-keys list', "jotter api-keys list --json | jq -r '.items[].name'"],

  shape(command) {
    addPaging(command)
    addQuiet(command, 'ids')
    addUtc(command)
    addJson(command)
    addTargetOptions(command)
  },

  async run(context, command) {
    const { io, now } = context
    const { json, quiet, utc = false, after, limit } = command.opts<Options>()
    const query = { after, limit: readLimit(limit) }
    await using admin = await openAdmin(context, command)
    const answer = await admin.apiKeys(query)
    if (json) io.out(jsonText(answer))
    else if (quiet) for (const { id } of answer.items) io.out(`${printable(id)}\n`)
    else {
      printTable(
        io,
        ['ID', 'NAME', 'SCOPES', 'CREATED', 'EXPIRES'],
        answer.items.map((key) => [
          key.id,
          key.name,
          key.scopes.join(','),
          timeCell(key.created_at, now(), utc),
          timeCell(key.expires_at, now(), utc),
        ]),
      )
    }
    tellMore(io, answer)
    return EXIT.done
  },
}
