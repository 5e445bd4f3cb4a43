/**
 * The HTTP server before it has a route: how long it waits, what of a request it believes, and what it
 * answers to bytes that are none. Knows nothing of what is served.
 */
import type { IncomingMessage } from 'node:http'
import type { ServerOptions } from 'node:https'
import type { Socket } from 'node:net'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { answerError } from './answer-error.ts'
import type { ServiceError } from './errors.ts'
import { addressMatcher } from './limits/address.ts'
import { type AddressOf, rememberRoutes, unknownRoute } from './not-found.ts'
import { requestIds } from './request-id.ts'
import type { Settings } from './settings.ts'
import { BODY_LIMIT_BYTES, distrust, MAX_HEADER_FIELDS, readJsonBodies } from './strict-http.ts'
import { isOfConnection, refusalOf, refuseUnreadable } from './unreadable.ts'

type OfAnswer = (request: FastifyRequest, reply: FastifyReply) => void

export interface HttpServerDeps {
  settings: Pick<Settings, 'TRUST_PROXY'>
  /** Of a service that speaks HTTPS. */
  tls?: ServerOptions | undefined
  /** Adds the fields of every answer. */
  addFields: OfAnswer
  /** Told about every answer. */
  answered: OfAnswer
  /** Told about every refusal of what the parser could not read. */
  unreadable: (refusal: ServiceError, requestId: string) => void
  /** Milliseconds of a clock that is never set back. */
  monotonic: () => number
}

export interface HttpServer {
  readonly app: FastifyInstance
  /** Of the routes that are registered by then. */
  readonly addressOf: AddressOf
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

export function httpServer(deps: HttpServerDeps): HttpServer {
  const { settings, addFields, answered, unreadable, monotonic } = deps
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

  function closeUnreadable(socket: Socket, refusal: ServiceError): void {
    const id = requestId(undefined)
    if (refuseUnreadable(socket, refusal, id)) unreadable(refusal, id)
  }

  return { app, addressOf }
}
