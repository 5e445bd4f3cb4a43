import type { Logger } from 'pino'
import { ownKeys } from '../clients/keys.ts'
import type { ClientStore } from '../clients/store.ts'
import type { Metrics } from '../operation/metrics.ts'
import type { Settings } from '../settings.ts'
import type { KeySource } from './key-source.ts'

export interface KeySourceDeps {
  settings: Pick<Settings, 'KEYSERVER_URL'>
  clients: Pick<ClientStore, 'find'>
  metrics: Metrics
  log: Logger
  /** Milliseconds of a clock that is never set back. */
  monotonic: () => number
}

/** Where KEYSERVER_URL says that public keys are; without it our own clients. */
export async function openKeySource(deps: KeySourceDeps): Promise<KeySource> {
  const { settings, clients, metrics, log, monotonic } = deps
  const { KEYSERVER_URL: url } = settings
  if (url === undefined) return ownKeys(clients)
  // Loaded only here: most services ask nobody.
  const { keyServer } = await import('./key-server.ts')
  return keyServer({ url, log, asked: metrics.keyServerAsked, monotonic })
}
