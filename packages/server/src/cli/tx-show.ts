import { addTargetOptions, openAdmin, type TransactionAnswer } from './admin.ts'
import type { CliCommand } from './command.ts'
import type { Context } from './context.ts'
import { serviceFailure } from './failure.ts'
import { EXIT, jsonText } from './io.ts'
import { addJson, addUtc } from './options.ts'
import { printPairs, printTable } from './table.ts'
import { timeCell } from './times.ts'

export const txShow: CliCommand = {
  examples: ['jotter tx show order-4711', 'jotter tx show order-4711 --json'],

  shape(command) {
    command.argument('<xid>', 'the id of the transaction')
    addUtc(command)
    addJson(command)
    addTargetOptions(command)
    command.addHelpText('after', '\nThe token itself is shown with --json only.')
  },

  async run(context, command) {
    const { utc, json } = command.opts<{ utc?: true; json?: true }>()
    await using admin = await openAdmin(context, command)
    const xid = command.args[0] as string
    const transaction = await admin.transaction(xid)
    if (transaction === undefined) {
      throw serviceFailure('transaction_not_found', { from: `xid ${xid}` })
    }
    if (json) context.io.out(jsonText(transaction))
    else printTransaction(context, transaction, utc ?? false)
    return EXIT.done
  },
}

function printTransaction({ io, now }: Context, t: TransactionAnswer, utc: boolean): void {
  const time = (at: string) => timeCell(at, now(), utc)
  printPairs(io, [
    ['XID', t.xid],
    ['CUSTOMER', t.customer_id],
    ['PHONE', t.phone_number],
    ['STATUS', t.status],
    ['ISSUED', time(t.issued_at)],
    ['EXPIRES', time(t.expires_at)],
    ['UPDATED', time(t.updated_at)],
    ['REFERENCE', t.reference_id ?? '-'],
  ])
  io.out('\n')
  printTable(
    io,
    ['STATUS', 'AT', 'BY', 'DETAIL'],
    t.history.map((entry) => [entry.status, time(entry.at), entry.by, entry.detail ?? '-']),
  )
}
