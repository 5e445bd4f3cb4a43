import { addTargetOptions, openAdmin } from './admin.ts'
import { stateCell, strictCell } from './client-options.ts'
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

export const clientsList: CliCommand = {
  examples: ['jotter clients list', "jotter clients list --json | jq -r '.items[].id'"],

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
    const answer = await admin.clients(query)
    if (json) io.out(jsonText(answer))
    else if (quiet) for (const { id } of answer.items) io.out(`${printable(id)}\n`)
    else {
      printTable(
        io,
        ['ID', 'STATE', 'NBF', 'TTL', 'USES', 'STRICT', 'AUDIENCE', 'CREATED'],
        answer.items.map((client) => [
          client.id,
          stateCell(client),
          `${client.not_before_seconds}s`,
          `${client.lifetime_seconds}s`,
          String(client.max_uses ?? 'any'),
          strictCell(client),
          client.audience ?? '-',
          timeCell(client.created_at, now(), utc),
        ]),
      )
    }
    tellMore(io, answer)
    return EXIT.done
  },
}
