import type { Server } from 'node:https'
import type { Logger } from 'pino'
import { readPair, type TlsSettings } from './certificate.ts'
import { contextOptions } from './options.ts'

export interface ReloadDeps {
  settings: TlsSettings
  log: Logger
  /** Epoch milliseconds. */
  now: () => number
}

/**
 * Reads certificate and key again, for connections from now on; established ones go on with theirs.
 * A pair that cannot be used is logged, and the one before it stays.
 */
export function reloadCertificate(server: Server, { settings, log, now }: ReloadDeps): void {
  const read = readPair(settings, now())
  if (read === undefined) {
    log.info('nothing to reload: TLS is off')
    return
  }
  for (const { setting, message, fatal } of read.findings) {
    log[fatal ? 'error' : 'warn']({ setting }, `${setting} ${message}`)
  }
  if (read.pair === undefined) {
    log.error('the certificate is not reloaded: the one before it stays')
    return
  }
  server.setSecureContext(contextOptions(read.pair, settings.TLS_MIN_VERSION))
  log.info({ expires_at: read.expiresAt }, 'certificate reloaded')
}
