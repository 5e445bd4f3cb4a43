/**
 * The whole wiring of the service: settings and stores in, a server out that does not listen yet.
 * What every route shares (headers, request id, access, limits, errors, log and metrics) is a hook
 * here, so that no route can forget it.
 */
import type { KeyObject } from 'node:crypto'
import type { ServerOptions } from 'node:https'
import type { Key } from '@jotter/token'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { accessHook, demandBudget } from './access.ts'
import { answers } from './answer.ts'
import { apiKeyRoutes } from './api-keys/routes.ts'
import { apiKeyService } from './api-keys/service.ts'
import { rememberedClients } from './clients/remembered.ts'
import { clientRoutes } from './clients/routes.ts'
import { clientService } from './clients/service.ts'
import { allowOrigins } from './cors.ts'
import { machineRoutes } from './flows/machine/routes.ts'
import { useTokens } from './flows/machine/use-token.ts'
import { refreshTokens } from './flows/session/refresh-token.ts'
import { sessionRoutes } from './flows/session/routes.ts'
import { sessionLives } from './flows/session/token-pairs.ts'
import { transactionRoutes } from './flows/transaction/routes.ts'
import { refuseForeignPages } from './foreign-pages.ts'
import { readGateLines } from './gate-lines.ts'
import { httpServer } from './http-server.ts'
import { accessTokens } from './keys/access-tokens.ts'
import { rotationRoutes } from './keys/rotation-routes.ts'
import { keyRoutes } from './keys/routes.ts'
import type { KeyService } from './keys/service.ts'
import type { SigningKeys } from './keys/signing-keys.ts'
import { openKeySource } from './keyserver/open.ts'
import { keyServerRoutes } from './keyserver/routes.ts'
import { openLimiters } from './limits/open.ts'
import { refuseUnknown } from './not-found.ts'
import type { Metrics } from './operation/metrics.ts'
import { describeApi } from './operation/openapi.ts'
import { requestLog } from './operation/request-log.ts'
import { operationRoutes } from './operation/routes.ts'
import { type AttemptStore, attemptLimits } from './passwords/attempts.ts'
import { passwords } from './passwords/passwords.ts'
import type { Revocations } from './revocation/revocations.ts'
import { revocationRoutes } from './revocation/routes.ts'
import { revocationService } from './revocation/service.ts'
import type { Settings } from './settings.ts'
import type { Stores } from './stores/open.ts'
import { refuseOddRequest } from './strict-http.ts'
import { userAccess } from './user-access.ts'
import { userRoutes } from './users/routes.ts'
import { userService } from './users/service.ts'

export interface AppDeps {
  settings: Settings
  stores: Stores
  /** The customer of this service, and its key where the transaction flow is configured. */
  customer: { readonly id: string; readonly key: Key | undefined }
  /** Of user tokens. */
  signingKeys: SigningKeys
  /** What replaces them. */
  keyService: KeyService
  /** Of the HMAC in refresh tokens. */
  refreshKey: KeyObject
  /** What is kept about wrong passwords. */
  attempts: AttemptStore
  /** What is revoked, on every node of the database. */
  revocations: Revocations
  metrics: Metrics
  log: Logger
  version: string
  /** Of a service that speaks HTTPS. */
  tls?: ServerOptions | undefined
  /** Epoch milliseconds. */
  now: () => number
  /** Milliseconds of a clock that is never set back. */
  monotonic: () => number
  /** True once the process has been told to stop. */
  stopping: () => boolean
}

/** @throws {GateLinesError} When GATE_LINES_FILE has gone bad since the settings were checked. */
export async function createApp(deps: AppDeps): Promise<FastifyInstance> {
  const { settings, stores, customer, revocations, metrics, log, now, monotonic } = deps
  const which = settings.LOG_REQUESTS
  const { answered, unreadable } = requestLog({ log, metrics, which, monotonic })
  const { addFields, onSend, sendText } = answers({
    stopping: deps.stopping,
    cors: settings.CORS_ORIGINS.length > 0,
    answered,
  })
  const { app, addressOf } = httpServer({ ...deps, addFields, answered, unreadable })
  await describeApi(app, deps)

  // While the service stops it listens nowhere any more, and what was accepted is still answered.
  let origin = ''
  app.addHook('onListen', async () => {
    origin = app.listeningOrigin
  })
  const issuer = () => settings.ISSUER ?? origin

  const { perAddress, perKey, perPhone, wrongKeys, registrations } = openLimiters({
    ...deps,
    store: stores.limits,
  })
  const apiKeys = apiKeyService({
    apiKeys: stores.apiKeys,
    customerId: customer.id,
    adminKey: settings.ADMIN_KEY,
    now,
  })
  const lives = sessionLives(settings)
  // One of them: it bounds how much is hashed at once.
  const hashing = passwords({ settings, monotonic })
  const tokens = accessTokens({
    keys: deps.signingKeys.of(settings.ACCESS_ALG),
    issuer,
    audience: settings.AUDIENCE,
    longestLifeSeconds: lives.longest,
    now,
  })
  const access = accessHook({
    apiKeys,
    issueAccess: settings.ISSUE_ACCESS,
    perAddress,
    perKey,
    wrongKeys,
    registrations,
    refuseForeignPage: refuseForeignPages(settings),
    identifyUser: userAccess({ tokens, revocations }),
  })

  // The hooks that every request passes call back instead of promising: a promise for each would
  // cost as much as the token's signature.
  app.addHook('onRequest', (request, _reply, done) => {
    request.receivedAt = monotonic()
    refuseOddRequest(request)
    done()
  })
  if (settings.CORS_ORIGINS.length > 0) await allowOrigins(app, settings.CORS_ORIGINS)
  app.addHook('onRequest', refuseUnknown(addressOf))
  app.addHook('onRequest', access)
  // Not onResponse, whose listeners on every answer cost more than what they tell.
  app.addHook('onSend', onSend)

  await app.register(
    transactionRoutes({
      transactions: stores.transactions,
      customerId: customer.id,
      customer: (id) =>
        id === customer.id && customer.key !== undefined ? { id, key: customer.key } : undefined,
      storeTokens: settings.STORE_TOKENS,
      spendOnPhone: (phoneNumber) => perPhone && demandBudget(perPhone, phoneNumber),
      onIssue: metrics.transactionTokenIssued,
      sendText,
      now,
    }),
  )
  await app.register(
    sessionRoutes({
      users: stores.users,
      sessions: stores.sessions,
      revocations,
      tokens,
      refreshTokens: refreshTokens(deps.refreshKey),
      passwords: hashing,
      attempts: attemptLimits({ store: deps.attempts, monotonic }),
      lives,
      onLogin: metrics.loggedIn,
      onRefresh: metrics.refreshed,
      onIssue: metrics.accessTokenIssued,
      now,
    }),
  )
  await app.register(apiKeyRoutes(apiKeys))
  const clients = clientService({ clients: stores.clients, now })
  await app.register(clientRoutes(clients))
  await app.register(keyServerRoutes(clients))
  await app.register(
    userRoutes(
      userService({
        users: stores.users,
        sessions: stores.sessions,
        passwords: hashing,
        longestLifeSeconds: lives.longest,
        onEnd: revocations.readBack,
        now,
      }),
    ),
  )
  await app.register(revocationRoutes(revocationService(revocations)))
  const known = rememberedClients(stores.clients, monotonic)
  await app.register(
    machineRoutes({
      keySource: await openKeySource({ ...deps, clients: known }),
      clients: known,
      clientsOnly: settings.KEYSERVER_URL === undefined,
      assertions: stores.assertions,
      uses: stores.uses,
      revocations,
      tokens: useTokens({
        keys: deps.signingKeys.of(settings.MACHINE_ALG),
        issuer,
        audience: settings.AUDIENCE,
        now,
      }),
      issuer,
      strict: settings.ENV === 'production',
      leewaySeconds: settings.MACHINE_LEEWAY_SECONDS,
      guesses: wrongKeys && {
        look: (address) => demandBudget(wrongKeys, address, 0),
        count: (address) => demandBudget(wrongKeys, address),
      },
      // No id of an API key has a space.
      spendOnClient: (id) => perKey && demandBudget(perKey, `client ${id}`),
      onIssue: metrics.useTokenIssued,
      lines: readGateLines(settings),
      random: Math.random,
      sendText,
      now,
    }),
  )
  await app.register(keyRoutes({ keys: deps.signingKeys, maxAgeSeconds: settings.JWKS_MAX_AGE }))
  await app.register(rotationRoutes(deps.keyService))
  await app.register(
    operationRoutes({
      version: deps.version,
      address: issuer,
      metrics,
      metricsOpen: settings.ENV === 'development',
      checks: {
        store: stores.ping,
        revocations: revocations.confirmed,
        keys: deps.signingKeys.ready,
      },
      warnings: () => deps.signingKeys.damaged.map((kid) => `signing key ${kid} was changed`),
      stopping: deps.stopping,
      monotonic,
    }),
  )
  return app
}
