import type { ReadSettings } from '../settings-sources.ts'
import { type RunningService, startService } from '../start.ts'
import type { Context } from './context.ts'
import { EXIT, type ExitCode, type Io } from './io.ts'

/** Runs the service until SIGTERM or SIGINT, then stops without dropping a request. */
export async function serve(
  context: Context,
  { settings, warnings }: ReadSettings,
): Promise<ExitCode> {
  const { io, version, now, monotonic } = context
  const log = context.logger(settings.LOG_LEVEL)
  const stopSignal = context.stopSignal()
  for (const warning of warnings) {
    if (io.terminal.err) io.err(`warning: ${warning}\n`)
    else log.warn(warning)
  }

  const service = await startService({ settings, log, version, now, monotonic })
  if (io.terminal.err) banner(io, service, version)
  else {
    // The one place where the key appears: not in the log, which is kept and shipped.
    if (service.adminKey !== undefined) io.err(`admin key, shown this once: ${service.adminKey}\n`)
    log.info({ address: service.address, version, profile: settings.ENV }, 'listening')
  }

  const signal = await stopSignal
  log.info({ signal }, 'stopping')
  await service.stop()
  log.info('stopped')
  return EXIT.done
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
