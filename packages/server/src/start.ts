/**
 * From settings to a service that listens, and back: opens the stores, makes what a first start
 * makes, listens, keeps retention, stops without dropping anything. Time and log are passed in.
 */
import { randomUUID } from 'node:crypto'
import { mkdirSync, statSync } from 'node:fs'
import type { Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { apiKeyService } from './api-keys/service.ts'
import { createApp } from './app.ts'
import { type OwnCustomer, ownCustomer } from './customer.ts'
import { databaseOf } from './database.ts'
import { drain } from './drain.ts'
import { demandSameMaster, masterKey } from './keys/master-key.ts'
import { openKeys } from './keys/open.ts'
import { isOpenToAll } from './open-to-all.ts'
import { createMetrics } from './operation/metrics.ts'
import { addressText } from './own-address.ts'
import { keepRetention } from './retention.ts'
import { type Revocations, revocations } from './revocation/revocations.ts'
import type { Settings } from './settings.ts'
import { openStores, type Stores } from './stores/open.ts'
import { CertificateError, readPair } from './tls/certificate.ts'
import { watchHandshakes } from './tls/handshakes.ts'
import { serverOptions } from './tls/options.ts'
import { reloadCertificate } from './tls/reload.ts'

export interface StartDeps {
  settings: Settings
  log: Logger
  version: string
  /** Epoch milliseconds. */
  now: () => number
  /** Milliseconds of a clock that is never set back. */
  monotonic: () => number
}

export interface RunningService {
  /** Where it listens, as `http://127.0.0.1:7519`. */
  address: string
  customer: OwnCustomer
  /** The API key that a first start made; nobody can read it again. */
  adminKey: string | undefined
  /** Reads the certificate and its key again. */
  reload(): void
  /** Stops accepting, finishes what was accepted, lets go of the stores. */
  stop(): Promise<void>
}

/**
 * @throws {CertificateError} When a file of TLS has gone bad since the settings were checked.
 * @throws {GateLinesError} The same of GATE_LINES_FILE.
 * @throws {StoreUnavailable} When the database cannot be opened.
 * @throws {MigrationError} When its schema is newer than this binary.
 * @throws {MasterKeyError} When the master key cannot be used, or is not the one of the database.
 * @throws {SealError} When a signing key in the database was changed.
 */
export async function startService(deps: StartDeps): Promise<RunningService> {
  const { settings, log, now } = deps
  const tls = tlsOf(settings, now())
  const { url } = databaseOf(settings)
  const inMemory = url === 'memory:'
  if (!inMemory) mkdirSync(settings.DATA, { recursive: true, mode: 0o700 })

  const metrics = createMetrics()
  const customer = ownCustomer(settings, inMemory)
  const master = masterKey(settings, inMemory)
  const stores = await openStores(url, {
    now: now(),
    connections: settings.DATABASE_POOL,
    timeoutMs: settings.DATABASE_TIMEOUT_MS,
    onCommit: metrics.committed,
  })
  if (url.startsWith('sqlite:')) warnOfOpenFile(url.slice('sqlite:'.length), log)
  const attempts = stores.attempts(deps)
  const stopped = new AbortController()
  // Ends later than that: what was accepted is served with what is known of keys and revocations.
  const served = new AbortController()
  let app: FastifyInstance | undefined
  let revoked: Revocations | undefined
  let keeping: Promise<void> | undefined
  /** What asks the stores by itself, and then the stores. */
  async function letGo() {
    served.abort()
    await Promise.all([revoked?.closed, keeping])
    await stores.close()
  }
  try {
    await demandSameMaster(stores.keys, master)
    await stores.apiKeys.keepCustomer(customer.id, now())
    const keys = await openKeys({ ...deps, store: stores.keys, duties: stores.duties, master })
    const maxAgeSeconds = settings.REVOCATION_MAX_AGE_SECONDS
    const { revocations: store } = stores
    revoked = await revocations({ ...deps, store, maxAgeSeconds }, served.signal)
    metrics.observeRevocations(revoked)
    app = await createApp({
      ...deps,
      tls,
      stores,
      customer,
      signingKeys: keys.signingKeys,
      keyService: keys.service,
      refreshKey: master.refresh,
      attempts,
      revocations: revoked,
      metrics,
      stopping: () => stopped.signal.aborted,
    })
    const handshakes = tls && watchHandshakes(app.server as Server, log)
    // For localhost Fastify makes a second server, which knows neither our limits nor a reload.
    const host = settings.HOST === 'localhost' ? '127.0.0.1' : settings.HOST
    await app.listen({ host, port: settings.PORT })
    // Not before: a start that fails would keep a key that nobody has seen.
    const adminKey = await firstAdminKey(deps, stores, customer)
    const retention = keepRetention(
      {
        transactions: stores.transactions,
        sessions: stores.sessions,
        revocations: stores.revocations,
        assertions: stores.assertions,
        uses: stores.uses,
        attempts,
        duties: stores.duties,
        node: randomUUID(),
        retentionDays: settings.RETENTION_DAYS,
        log,
        now,
      },
      stopped.signal,
    )
    keeping = keys.keep(served.signal)
    const { server } = app
    const { address, port } = server.address() as AddressInfo
    return {
      address: addressText(tls !== undefined, address, port),
      customer,
      adminKey,
      reload: () => reloadCertificate(server as Server, deps),
      async stop() {
        stopped.abort()
        revoked?.dismiss()
        await drain(server, handshakes)
        await app?.close()
        await retention
        await letGo()
      },
    }
  } catch (error) {
    await app?.close()
    await letGo()
    throw error
  }
}

function tlsOf(settings: Settings, now: number) {
  const read = readPair(settings, now)
  if (read === undefined) return undefined
  if (read.pair === undefined) throw new CertificateError(read.findings)
  return serverOptions(read.pair, settings.TLS_MIN_VERSION)
}

/** Its mode stays as it is: somebody may have wanted it so. */
function warnOfOpenFile(path: string, log: Logger): void {
  if (!isOpenToAll(statSync(path).mode)) return
  log.warn(`the database is open to every user of this machine: chmod 600 ${path}`)
}

/** Development without ADMIN_KEY: the first start makes a key, and only its digest is kept. */
async function firstAdminKey(
  { settings, now }: StartDeps,
  { apiKeys }: Stores,
  { id }: OwnCustomer,
) {
  if (settings.ENV !== 'development' || settings.ADMIN_KEY !== undefined) return undefined
  if ((await apiKeys.list({ limit: 1 })).length > 0) return undefined
  const service = apiKeyService({ apiKeys, customerId: id, adminKey: undefined, now })
  return (await service.create({ name: 'made by the first start', scopes: ['admin'] })).secret
}
