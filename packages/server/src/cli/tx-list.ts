import type { ListedStatus } from '../flows/transaction/service.ts'
import { STORED_STATUSES } from '../flows/transaction/store.ts'
import { given } from '../http.ts'
import {
  type Admin,
  type ListedAnswer,
  openAdmin,
  type PageAnswer,
  type TransactionAnswer,
} from './admin.ts'
import type { CliCommand } from './command.ts'
import { addListOptions, type ListOptions, printPage, readPaging } from './listing.ts'
import { readChoice, readPhone } from './options.ts'
import { readTime } from './times.ts'

const STATUSES: readonly ListedStatus[] = [...STORED_STATUSES, 'expired']

interface Options extends ListOptions {
  phone?: string
  xid?: string
  since?: string
  status?: string
}

export const txList: CliCommand = {
  examples: [
    'jotter tx list --since 1h --status issued',
    'jotter tx list --phone 15555551212 --json',
  ],

  shape(command) {
    command
      .option('--phone <number>', 'only of this phone number')
      .option('--xid <xid>', 'only the one with this id')
      .option('--since <time>', 'only issued since then: 90s, 15m, 1h, 7d or an RFC 3339 time')
      .option('--status <status>', `only those: ${STATUSES.join(', ')}`)
    addListOptions(command, 'xids')
  },

  async run(context, command) {
    const options = command.opts<Options>()
    const query = queryOf(options, context.now())

    await using admin = await openAdmin(context, command)
    const page =
      options.xid === undefined
        ? await admin.transactions(query)
        : await pageOfOne(admin, options.xid, query)
    return printPage(context, options, page, {
      name: (t) => t.xid,
      headers: ['XID', 'PHONE', 'STATUS', 'ISSUED', 'EXPIRES'],
      row: (t, time) => [t.xid, t.phone_number, t.status, time(t.issued_at), time(t.expires_at)],
    })
  },
}

type Query = ReturnType<typeof queryOf>

const queryOf = ({ phone, status, since, ...paging }: Options, now: number) => ({
  phoneNumber: given(phone, readPhone),
  status: given(status, (text) => readChoice('--status', text, STATUSES)),
  from: given(since, (text) => readTime('--since', text, 'before', now)),
  ...readPaging(paging),
})

/** By its id a transaction is found without a list; the other filters still hold. */
async function pageOfOne(admin: Admin, xid: string, query: Query): Promise<PageAnswer> {
  const found = await admin.transaction(xid)
  return { items: found !== undefined && fits(found, query) ? [listed(found)] : [], next: null }
}

/** As a list tells it. */
function listed(transaction: TransactionAnswer): ListedAnswer {
  const { token, token_sha256, history, ...answer } = transaction
  return answer
}

const fits = (t: ListedAnswer, { phoneNumber, status, from }: Query): boolean =>
  (phoneNumber === undefined || t.phone_number === phoneNumber) &&
  (status === undefined || t.status === status) &&
  (from === undefined || Date.parse(t.issued_at) >= from)
