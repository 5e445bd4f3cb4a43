import { addTargetOptions, type ClientAnswer, openAdmin } from './admin.ts'
import { CLIENT, stateCell, strictCell } from './client-options.ts'
import type { CliCommand } from './command.ts'
import type { Context } from './context.ts'
import { naming } from './failure.ts'
import { EXIT, jsonText } from './io.ts'
import { addJson, addUtc } from './options.ts'
import { printPairs, printTable } from './table.ts'
import { timeCell } from './times.ts'

export const clientsShow: CliCommand = {
  examples: ['jotter clients show app1', "jotter clients show app1 --json | jq '.keys[].jwk'"],

  shape(command) {
    command.argument(...CLIENT)
    addUtc(command)
    addJson(command)
    addTargetOptions(command)
    command.addHelpText('after', '\nThe keys themselves are shown with --json only.')
  },

  async run(context, command) {
    const { utc = false, json } = command.opts<{ utc?: true; json?: true }>()
    const id = command.args[0] as string
    await using admin = await openAdmin(context, command)
    const client = await naming(`id ${id}`, admin.client(id))
    if (json) context.io.out(jsonText(client))
    else printClient(context, client, utc)
    return EXIT.done
  },
}

function printClient({ io, now }: Context, client: ClientAnswer, utc: boolean): void {
  const time = (at: string) => timeCell(at, now(), utc)
  printPairs(io, [
    ['ID', client.id],
    ['CUSTOMER', client.customer_id],
    ['STATE', stateCell(client)],
    ['NBF', `${client.not_before_seconds}s after the login`],
    ['TTL', `${client.lifetime_seconds}s after the login`],
    ['USES', String(client.max_uses ?? 'any')],
    ['AUDIENCE', client.audience ?? '-'],
    ['STRICT', strictCell(client)],
    ['CREATED', time(client.created_at)],
    ['UPDATED', time(client.updated_at)],
  ])
  io.out('\n')
  printTable(
    io,
    ['KID', 'ALG', 'REGISTERED'],
    client.keys.map(({ kid, alg, created_at }) => [kid, alg, time(created_at)]),
  )
}
