/**
 * The whole wiring of the service: settings and stores in, a server out that does not listen yet.
 * What every route shares (headers, request id, access, limits, errors, log and metrics) is a hook
 * here, so that no route can forget it.
 */
import type { Key } from '@jotter/token'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import { accessHook, rateLimited } from './access.ts'
import { answerError } from './answer-error.ts'
import { apiKeyRoutes } from './api-keys/routes.ts'
import { apiKeyService } from './api-keys/service.ts'
import { transactionRoutes } from './flows/transaction/routes.ts'
import { type Limiter, memoryLimiter } from './limits/limiter.ts'
import { answerUnknown } from './not-found.ts'
import type { Metrics } from './operation/metrics.ts'
import { describeApi } from './operation/openapi.ts'
import { requestLog } from './operation/request-log.ts'
import { operationRoutes } from './operation/routes.ts'
import type { Settings } from './settings.ts'
import type { Rate } from './settings-kinds.ts'
import type { Stores } from './stores/open.ts'
import {
  answerParserError,
  BODY_LIMIT_BYTES,
  MAX_HEADER_FIELDS,
  readJsonBodies,
  refuseOddHeaders,
} from './strict-http.ts'
import { uuidv7 } from './uuid.ts'

export interface AppDeps {
  settings: Settings
  stores: Stores
  /** The customer of this service, and its key where the transaction flow is configured. */
  customer: { readonly id: string; readonly key: Key | undefined }
  metrics: Metrics
  log: Logger
  version: string
  /** Epoch milliseconds. */
  now: () => number
  /** Milliseconds of a clock that is never set back. */
  monotonic: () => number
  /** True once the process has been told to stop. */
  stopping: () => boolean
}

const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/

/** Of every answer. An answer without them could be cached, sniffed or told to other sites. */
const HEADERS = {
  'cache-control': 'no-store',
  pragma: 'no-cache',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

export async function createApp(deps: AppDeps): Promise<FastifyInstance> {
  const { settings, stores, customer, metrics, log, now, monotonic } = deps

  const app = Fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: 10_000,
    keepAliveTimeout: 72_000,
    // Node looks for slow senders this often; its own 30 s would let them stay for 40.
    http: { headersTimeout: 10_000, connectionsCheckingInterval: 2_000 },
    // What does not fit is refused, never cut or converted until it does.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false, allErrors: true } },
    trustProxy: settings.TRUST_PROXY.length > 0 ? settings.TRUST_PROXY : false,
    // While stopping, what was accepted is served: see drain.ts.
    return503OnClosing: false,
    genReqId: ({ headers }) => {
      const given = headers['x-request-id']
      return typeof given === 'string' && REQUEST_ID.test(given) ? given : uuidv7(now())
    },
    routerOptions: {
      // A longer parameter reaches its route, which refuses it with a reason.
      maxParamLength: 16 * 1024,
    },
    frameworkErrors: (error, request, reply) => {
      prepare(request, reply)
      answerError(error, request, reply)
    },
    clientErrorHandler: (error, socket) => answerParserError(error, socket, now()),
  })

  app.server.maxHeadersCount = MAX_HEADER_FIELDS
  app.setErrorHandler(answerError)
  app.decorateRequest('caller', undefined)
  app.decorateRequest('refusal', undefined)
  readJsonBodies(app)
  answerUnknown(app)
  await describeApi(app, deps)

  function prepare(request: FastifyRequest, reply: FastifyReply): void {
    reply.headers(HEADERS)
    reply.header('x-request-id', request.id)
    if (deps.stopping()) reply.header('connection', 'close')
  }

  const limiter = (name: string, rate: Rate | undefined): Limiter | undefined =>
    rate && memoryLimiter(name, rate, monotonic)
  const perPhone = limiter('phone', settings.RATE_LIMIT_PHONE)
  const apiKeys = apiKeyService({
    apiKeys: stores.apiKeys,
    customerId: customer.id,
    adminKey: settings.ADMIN_KEY,
    now,
  })
  const access = accessHook({
    apiKeys,
    issueAccess: settings.ISSUE_ACCESS,
    perAddress: limiter('address', settings.RATE_LIMIT),
    perKey: limiter('key', settings.RATE_LIMIT_KEY),
  })

  // The hooks that every request passes call back instead of promising: a promise for each would
  // cost as much as the token's signature.
  app.addHook('onRequest', (request, reply, done) => {
    prepare(request, reply)
    refuseOddHeaders(request)
    done()
  })
  if (settings.CORS_ORIGINS.length > 0) {
    const { default: cors } = await import('@fastify/cors')
    await app.register(cors, { origin: settings.CORS_ORIGINS, maxAge: 600 })
  }
  app.addHook('onRequest', access)
  app.addHook('onResponse', requestLog({ log, metrics, which: settings.LOG_REQUESTS }))

  await app.register(
    transactionRoutes({
      transactions: stores.transactions,
      customerId: customer.id,
      customer: (id) =>
        id === customer.id && customer.key !== undefined ? { id, key: customer.key } : undefined,
      storeTokens: settings.STORE_TOKENS,
      spendOnPhone(phoneNumber) {
        const verdict = perPhone?.take(phoneNumber)
        if (perPhone !== undefined && verdict?.allowed === false) {
          throw rateLimited(perPhone, verdict.resetSeconds)
        }
      },
      onIssue: () => metrics.tokenIssued('transaction'),
      now,
    }),
  )
  await app.register(apiKeyRoutes(apiKeys))
  await app.register(
    operationRoutes({
      version: deps.version,
      metrics,
      metricsOpen: settings.ENV === 'development',
      checks: { store: stores.ping },
      stopping: deps.stopping,
    }),
  )
  return app
}
