import { given } from '../http.ts'
import { openAdmin } from './admin.ts'
import type { CliCommand } from './command.ts'
import { addListOptions, type ListOptions, printPage, readPaging } from './listing.ts'
import { readChoice } from './options.ts'

const STATUSES = ['active', 'disabled'] as const

interface Options extends ListOptions {
  status?: string
}

export const usersList: CliCommand = {
  examples: ['jotter users list', 'jotter users list --status disabled --json'],

  shape(command) {
    command.option('--status <status>', `only those: ${STATUSES.join(', ')}`)
    addListOptions(command, 'ids')
  },

  async run(context, command) {
    const options = command.opts<Options>()
    const status = given(options.status, (text) => readChoice('--status', text, STATUSES))
    const query = { active: given(status, (one) => one === 'active'), ...readPaging(options) }
    await using admin = await openAdmin(context, command)
    return printPage(context, options, await admin.users(query), {
      name: (user) => user.id,
      headers: ['ID', 'USERNAME', 'EMAIL', 'STATUS', 'CREATED', 'LAST LOGIN'],
      row: (user, time) => [
        user.id,
        user.username,
        user.email,
        user.active ? 'active' : 'disabled',
        time(user.created_at),
        time(user.last_login_at),
      ],
    })
  },
}
