import { openAdmin } from './admin.ts'
import type { CliCommand } from './command.ts'
import { addListOptions, type ListOptions, printPage, readPaging } from './listing.ts'

export const apiKeysList: CliCommand = {
  examples: ['jotter api-keys list', "jotter api-keys list --json | jq -r '.items[].name'"],

  shape(command) {
    addListOptions(command, 'ids')
  },

  async run(context, command) {
    const options = command.opts<ListOptions>()
    const query = readPaging(options)
    await using admin = await openAdmin(context, command)
    return printPage(context, options, await admin.apiKeys(query), {
      name: (key) => key.id,
      headers: ['ID', 'NAME', 'SCOPES', 'CREATED', 'EXPIRES'],
      row: (key, time) => [
        key.id,
        key.name,
        key.scopes.join(','),
        time(key.created_at),
        time(key.expires_at),
      ],
    })
  },
}
