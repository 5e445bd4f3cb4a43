import { given } from '../http.ts'
import { addTargetOptions, openAdmin } from './admin.ts'
import type { CliCommand } from './command.ts'
import { EXIT, jsonText, printable } from './io.ts'
import { addJson, addQuiet, addUtc, readChoice } from './options.ts'
import { addPaging, readLimit, tellMore } from './paging.ts'
import { printTable } from './table.ts'
import { timeCell } from './times.ts'

const STATUSES = ['active', 'disabled'] as const

interface Options {
  status?: string
  limit: string
  after?: string
  json?: true
  quiet?: true
  utc?: boolean
}

export const usersList: CliCommand = {
  examples: ['jotter users list', 'jotter users list --status disabled --json'],

  shape(command) {
    command.option('--status <status>', `only those: ${STATUSES.join(', ')}`)
    addPaging(command)
    addQuiet(command, 'ids')
    addUtc(command)
    addJson(command)
    addTargetOptions(command)
  },

  async run(context, command) {
    const { io, now } = context
    const { json, quiet, utc = false, status, after, limit } = command.opts<Options>()
    const query = {
      active: given(status, (text) => readChoice('--status', text, STATUSES) === 'active'),
      after,
      limit: readLimit(limit),
    }
    await using admin = await openAdmin(context, command)
    const answer = await admin.users(query)
    if (json) io.out(jsonText(answer))
    else if (quiet) for (const { id } of answer.items) io.out(`${printable(id)}\n`)
    else {
      printTable(
        io,
        ['ID', 'USERNAME', 'EMAIL', 'STATUS', 'CREATED', 'LAST LOGIN'],
        answer.items.map((user) => [
          user.id,
          user.username,
          user.email,
          user.active ? 'active' : 'disabled',
          timeCell(user.created_at, now(), utc),
          timeCell(user.last_login_at, now(), utc),
        ]),
      )
    }
    tellMore(io, answer)
    return EXIT.done
  },
}
