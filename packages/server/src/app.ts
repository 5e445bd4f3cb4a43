/**
 * The whole wiring of the service: settings and stores in, a server out that does not listen yet.
 * What every route shares (headers, request id, access, limits, errors, log and metrics) is a hook
 * here, so that no route can forget it.
 */
import type { KeyObject } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { ServerOptions } from 'node:https'
import type { Socket } from 'node:net'
import type { Key } from '@jotter/token'
import Fastify, { type FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { accessHook, demandBudget } from './access.ts'
import { answers } from './answer.ts'
import { answerError } from './answer-error.ts'
import { apiKeyRoutes } from './api-keys/routes.ts'
import { apiKeyService } from './api-keys/service.ts'
import { rememberedClients } from './clients/remembered.ts'
import { clientRoutes } from './clients/routes.ts'
import { clientService } from './clients/service.ts'
import type { ServiceError } from './errors.ts'
import { machineRoutes } from './flows/machine/routes.ts'
import { useTokens } from './flows/machine/use-token.ts'
import { refreshTokens } from './flows/session/refresh-token.ts'
import { sessionRoutes } from './flows/session/routes.ts'
import { sessionLives } from './flows/session/token-pairs.ts'
import { transactionRoutes } from './flows/transaction/routes.ts'
import { refuseForeignPages } from './foreign-pages.ts'
import { readGateLines } from './gate-lines.ts'
import { accessTokens } from './keys/access-tokens.ts'
import { rotationRoutes } from './keys/rotation-routes.ts'
import { keyRoutes } from './keys/routes.ts'
import type { KeyService } from './keys/service.ts'
import type { SigningKeys } from './keys/signing-keys.ts'
import { openKeySource } from './keyserver/open.ts'
import { keyServerRoutes } from './keyserver/routes.ts'
import { addressMatcher } from './limits/address.ts'
import { tellAlone } from './limits/alone.ts'
import { type Limiter, memoryLimiter } from './limits/limiter.ts'
import { sharedLimiter } from './limits/shared.ts'
import { refuseUnknown, rememberRoutes, unknownRoute } from './not-found.ts'
import type { Metrics } from './operation/metrics.ts'
import { describeApi } from './operation/openapi.ts'
import { requestLog } from './operation/request-log.ts'
import { operationRoutes } from './operation/routes.ts'
import { type AttemptStore, attemptLimits } from './passwords/attempts.ts'
import { passwords } from './passwords/passwords.ts'
import { requestIds } from './request-id.ts'
import type { Revocations } from './revocation/revocations.ts'
import { revocationRoutes } from './revocation/routes.ts'
import { revocationService } from './revocation/service.ts'
import type { Settings } from './settings.ts'
import type { Rate } from './settings-kinds.ts'
import type { Stores } from './stores/open.ts'
import {
  BODY_LIMIT_BYTES,
  distrust,
  MAX_HEADER_FIELDS,
  readJsonBodies,
  refuseOddRequest,
} from './strict-http.ts'
import { isOfConnection, refusalOf, refuseUnreadable } from './unreadable.ts'
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

const HTTP = {
  headersTimeout: 10_000,
  // What has no body needs no stream to read it from.
  optimizeEmptyRequests: true,
  // Node looks for slow senders this often; its own 30 s would let them stay for 40.
  connectionsCheckingInterval: 2_000,
  // Its refusal would have no body and no request id: see strict-http.ts.
  requireHostHeader: false,
}

/** Of answers to pages of the allowed origins: no cookies, and what a client of ours reads. */
const CORS = {
  methods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'],
  exposedHeaders: ['location', 'ratelimit', 'ratelimit-policy', 'retry-after', 'x-request-id'],
  maxAge: 600,
  strictPreflight: false,
}

/** @throws {GateLinesError} When GATE_LINES_FILE has gone bad since the settings were checked. */
export async function createApp(deps: AppDeps): Promise<FastifyInstance> {
  const { settings, stores, customer, revocations, metrics, log, now, monotonic } = deps
  const requestId = requestIds()

  const app = Fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: 10_000,
    keepAliveTimeout: 72_000,
    // Of a client that does not read what it asked for.
    connectionTimeout: 30_000,
    ...(deps.tls === undefined ? { http: HTTP } : { https: { ...HTTP, ...deps.tls } }),
    // What does not fit is refused, never cut or converted until it does.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false, allErrors: true } },
    trustProxy: settings.TRUST_PROXY.length > 0 && addressMatcher(settings.TRUST_PROXY),
    // While stopping, what was accepted is served: see drain.ts.
    return503OnClosing: false,
    genReqId: ({ headers }) => requestId(headers['x-request-id']),
    routerOptions: {
      // A longer parameter reaches its route, which refuses it with a reason.
      maxParamLength: 16 * 1024,
    },
    // No hook runs for an address with a bad escape.
    frameworkErrors: (error, request, reply) => {
      request.receivedAt = monotonic()
      distrust(request)
      reply.header('connection', 'close')
      addFields(request, reply)
      answerError(error, request, reply)
      answered(request, reply)
    },
    clientErrorHandler: (error, socket) => {
      if (isOfConnection(error)) socket.destroy()
      else closeUnreadable(socket, refusalOf(error, addressOf))
    },
  })

  // Asked for its address while it is there. Who is gone by then is asked for nothing more.
  app.server.on(deps.tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
    if (socket.remoteAddress === undefined) socket.destroy()
  })
  // Who has said all it wants to say still gets its answer, which waits for the disk.
  Object.assign(app.server, { httpAllowHalfOpen: true })
  // One more than is allowed, so that one too many is seen.
  app.server.maxHeadersCount = MAX_HEADER_FIELDS + 1
  // Without a listener Node would close the connection, or refuse without a body.
  app.server.on('connect', ({ method, url = '' }: IncomingMessage, socket: Socket) =>
    closeUnreadable(socket, unknownRoute(method ?? '', addressOf(url)?.allow)),
  )
  app.server.on('checkExpectation', app.routing)
  app.setErrorHandler(answerError)
  // Answers are built to their schema, which is for the documents: a serializer compiled from it
  // costs memory and time at every start.
  app.setSerializerCompiler(() => JSON.stringify)
  app.decorateRequest('receivedAt', 0)
  app.decorateRequest('caller', undefined)
  app.decorateRequest('user', undefined)
  app.decorateRequest('refusal', undefined)
  app.decorateRequest('errorShape', undefined)
  app.decorateRequest('budget', undefined)
  readJsonBodies(app)
  const addressOf = rememberRoutes(app)
  await describeApi(app, deps)

  const which = settings.LOG_REQUESTS
  const { answered, unreadable } = requestLog({ log, metrics, which, monotonic })
  const { addFields, onSend, sendText } = answers({
    stopping: deps.stopping,
    cors: settings.CORS_ORIGINS.length > 0,
    answered,
  })

  function closeUnreadable(socket: Socket, refusal: ServiceError): void {
    const id = requestId(undefined)
    if (refuseUnreadable(socket, refusal, id)) unreadable(refusal, id)
  }

  // While the service stops it listens nowhere any more, and what was accepted is still answered.
  let origin = ''
  app.addHook('onListen', async () => {
    origin = app.listeningOrigin
  })
  const issuer = () => settings.ISSUER ?? origin

  function countsAlone(alone: boolean): void {
    metrics.limitsAlone(alone)
    if (alone) log.warn('this node counts rate limits alone: the database does not answer')
    else log.info('rate limits are counted by all nodes again')
  }
  const limits = stores.limits && tellAlone(stores.limits, monotonic, countsAlone)
  const limiter = (name: string, rate: Rate | undefined): Limiter | undefined =>
    rate &&
    (limits === undefined
      ? memoryLimiter(name, rate, monotonic)
      : sharedLimiter(name, rate, limits, monotonic))
  const perPhone = limiter('phone', settings.RATE_LIMIT_PHONE)
  const perKey = limiter('key', settings.RATE_LIMIT_KEY)
  const wrongKeys = limiter('wrong_key', settings.RATE_LIMIT_WRONG_KEY)
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
    perAddress: limiter('address', settings.RATE_LIMIT),
    perKey,
    wrongKeys,
    registrations: limiter('register', settings.RATE_LIMIT_REGISTER),
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
  if (settings.CORS_ORIGINS.length > 0) {
    const { default: cors } = await import('@fastify/cors')
    const allowed = (origin = '') => settings.CORS_ORIGINS.includes(origin) && origin
    await app.register(cors, {
      delegator: ({ headers }, done) => done(null, { ...CORS, origin: allowed(headers.origin) }),
    })
  }
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
