import { addTargetOptions, openAdmin } from './admin.ts'
import type { CliCommand } from './command.ts'
import { naming } from './failure.ts'
import { EXIT, jsonText, suggest } from './io.ts'
import { addJson, readPhone } from './options.ts'

/** Issues as `POST /v1/token` does: the transaction is recorded. The token alone is on stdout. */
export const tokenIssue: CliCommand = {
  examples: [
    'jotter token issue --phone 15555551212',
    'JOTTER_URL=https://auth.example.com jotter token issue --phone 15555551212 --xid order-4711',
  ],

  shape(command) {
    command
      .requiredOption('--phone <number>', 'the phone number, E.164')
      .option('--xid <xid>', 'the id of the transaction (default: a new UUID)')
    addJson(command)
    addTargetOptions(command)
  },

  async run(context, command) {
    const { io } = context
    const { phone, xid, json } = command.opts<{ phone: string; xid?: string; json?: true }>()
    const phoneNumber = readPhone(phone)

    await using admin = await openAdmin(context, command)
    const issued = await naming(
      xid === undefined ? undefined : `--xid ${xid}`,
      admin.issue(phoneNumber, xid),
    )
    io.out(json ? jsonText(issued) : `${issued.token}\n`)
    io.err(`issued for ${issued.phone_number}, valid until ${issued.expires_at}\n`)
    suggest(io, `jotter tx show ${issued.xid}`)
    return EXIT.done
  },
}
