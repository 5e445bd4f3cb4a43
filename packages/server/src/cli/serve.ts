import type { Logger } from 'pino'
import { gateLinesRule } from '../gate-lines.ts'
import type { RunningService } from '../start.ts'
import { certificateRule } from '../tls/certificate.ts'
import type { CliCommand } from './command.ts'
import type { Context } from './context.ts'
import { EXIT, type Io, warn } from './io.ts'
import { addSettingFlags, settingFlags } from './setting-flags.ts'
import { startFailure } from './start-failure.ts'

/** Runs the service until SIGTERM or SIGINT, then stops without dropping a request. */
export const serve: CliCommand = {
  examples: [
    'jotter serve',
    'JOTTER_MASTER_KEY_FILE=/run/secrets/master jotter serve --env production --host 0.0.0.0',
  ],

  shape(command) {
    addSettingFlags(command)
    command.addHelpText(
      'after',
      '\nEvery user of the machine sees flags: give secrets by environment or JOTTER_NAME_FILE.',
    )
  },

  async run(context, command) {
    const { version, now, monotonic } = context
    const read = context.settings(settingFlags(command), [certificateRule(now()), gateLinesRule])
    const { settings } = read
    // Before the service is loaded: whoever stops it while it starts is heard.
    let service: RunningService | undefined
    let reloadLater = false
    const stopSignal = context.stopSignal(() => {
      if (service === undefined) reloadLater = true
      else service.reload()
    })
    const log = await context.logger(settings.LOG_LEVEL)
    for (const warning of read.warnings) {
      if (context.io.terminal.err) warn(context.io, warning)
      else log.warn(warning)
    }

    const { startService } = await import('../start.ts')
    service = await startService({ settings, log, version, now, monotonic }).catch(
      (error: unknown) => {
        throw startFailure(error, read)
      },
    )
    announce(context, service, log, settings.ENV)
    if (reloadLater) service.reload()

    const signal = await stopSignal
    log.info({ signal }, 'stopping')
    await service.stop()
    log.info('stopped')
    return EXIT.done
  },
}

function announce({ io, version }: Context, service: RunningService, log: Logger, profile: string) {
  if (io.terminal.err) return banner(io, service, version)
  // The one place where the key appears: not in the log, which is kept and shipped.
  if (service.adminKey !== undefined) io.err(`admin key, shown this once: ${service.adminKey}\n`)
  log.info({ address: service.address, version, profile }, 'listening')
}

function banner(io: Io, { address, adminKey, customer }: RunningService, version: string): void {
  const lines = [
    `jotter ${version} listens on ${address}`,
    '',
    `  curl ${address}/v1/token/15555551212`,
    '',
  ]
  if (adminKey !== undefined) {
    lines.push(
      `  admin key, shown this once:  ${adminKey}`,
      `  curl -H 'Authorization: Bearer ${adminKey}' ${address}/v1/transactions`,
      '',
    )
  }
  if (customer.file !== undefined) {
    lines.push(`  customer ${customer.id}, its key in ${customer.file}`)
  }
  lines.push(`  metrics ${address}/metrics   API ${address}/openapi.json`, '')
  io.err(`${lines.join('\n')}\n`)
}
