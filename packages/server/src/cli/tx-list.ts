import type { ListedStatus } from '../flows/transaction/service.ts'
import { STORED_STATUSES } from '../flows/transaction/store.ts'
import {
  type Admin,
  addTargetOptions,
  type ListedAnswer,
  openAdmin,
  type PageAnswer,
  type TransactionAnswer,
} from './admin.ts'
import type { CliCommand } from './command.ts'
import type { Context } from './context.ts'
import { EXIT, jsonText, printable } from './io.ts'
import { addJson, addQuiet, addUtc, readChoice, readPhone } from './options.ts'
import { addPaging, readLimit, tellMore } from './paging.ts'
import { printTable } from './table.ts'
import { readTime, timeCell } from './times.ts'

const STATUSES: readonly ListedStatus[] = [...STORED_STATUSES, 'expired']

interface Options {
  phone?: string
  xid?: string
  since?: string
  status?: string
  limit: string
  after?: string
  json?: true
  quiet?: true
  utc?: true
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
    addPaging(command)
    addQuiet(command, 'xids')
    addUtc(command)
    addJson(command)
    addTargetOptions(command)
  },

  async run(context, command) {
    const { io } = context
    const options = command.opts<Options>()
    const query = queryOf(options, context.now())

    await using admin = await openAdmin(context, command)
    const page =
      options.xid === undefined
        ? await admin.transactions(query)
        : await pageOfOne(admin, options.xid, query)
    if (options.json) io.out(jsonText(page))
    else if (options.quiet) for (const { xid } of page.items) io.out(`${printable(xid)}\n`)
    else printPage(context, page, options.utc ?? false)
    tellMore(io, page)
    return EXIT.done
  },
}

type Query = ReturnType<typeof queryOf>

function queryOf({ phone, status, since, limit, after }: Options, now: number) {
  return {
    phoneNumber: phone === undefined ? undefined : readPhone(phone),
    status: status === undefined ? undefined : readChoice('--status', status, STATUSES),
    from: since === undefined ? undefined : readTime('--since', since, 'before', now),
    limit: readLimit(limit),
    after,
  }
}

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

function printPage({ io, now }: Context, { items }: PageAnswer, utc: boolean): void {
  printTable(
    io,
    ['XID', 'PHONE', 'STATUS', 'ISSUED', 'EXPIRES'],
    items.map((t) => [
      t.xid,
      t.phone_number,
      t.status,
      timeCell(t.issued_at, now(), utc),
      timeCell(t.expires_at, now(), utc),
    ]),
  )
}
