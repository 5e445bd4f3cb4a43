import { openAdmin } from './admin.ts'
import { stateCell, strictCell } from './client-options.ts'
import type { CliCommand } from './command.ts'
import { addListOptions, type ListOptions, printPage, readPaging } from './listing.ts'

export const clientsList: CliCommand = {
  examples: ['jotter clients list', "jotter clients list --json | jq -r '.items[].id'"],

  shape(command) {
    addListOptions(command, 'ids')
  },

  async run(context, command) {
    const options = command.opts<ListOptions>()
    const query = readPaging(options)
    await using admin = await openAdmin(context, command)
    return printPage(context, options, await admin.clients(query), {
      name: (client) => client.id,
      headers: ['ID', 'STATE', 'NBF', 'TTL', 'USES', 'STRICT', 'AUDIENCE', 'CREATED'],
      row: (client, time) => [
        client.id,
        stateCell(client),
        `${client.not_before_seconds}s`,
        `${client.lifetime_seconds}s`,
        String(client.max_uses ?? 'any'),
        strictCell(client),
        client.audience ?? '-',
        time(client.created_at),
      ],
    })
  },
}
