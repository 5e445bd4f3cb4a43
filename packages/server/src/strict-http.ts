/**
 * What is refused before any route is asked: requests that two programs could read differently, and
 * bodies that are not what they say.
 */
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { JsonError, parseStrictJson } from '@jotter/token'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type ErrorCode, ServiceError } from './errors.ts'

export const MAX_HEADER_FIELDS = 100
export const BODY_LIMIT_BYTES = 16 * 1024

/** Fields that may stand once. Node keeps the first, others the last: that difference is an attack. */
const SINGLE = new Set([
  'authorization',
  'content-length',
  'content-type',
  'host',
  'idempotency-key',
])

const NO_UPGRADE =
  'no upgrade is offered: ask with HTTP/1.1 only, as `curl --http1.1` or Java version(HTTP_1_1)'

/** Connections on which something odd came: whatever follows it there is not served either. */
const distrusted = new WeakSet<Socket>()

/**
 * Refuses what a proxy in front might have read as another request than we do, and closes its
 * connection.
 *
 * @throws {ServiceError} `invalid_request`, `headers_too_large`.
 */
export function refuseOddRequest(request: FastifyRequest): void {
  const { rawHeaders, url = '', headers, socket, httpVersion } = request.raw
  if (distrusted.has(socket)) refuse(request, 'it follows a request that was refused')
  if (rawHeaders.length > MAX_HEADER_FIELDS * 2) refuse(request, undefined, 'headers_too_large')
  if ((!url.startsWith('/') && !isOwnTarget(request.raw)) || url.includes('#')) {
    refuse(request, 'the request target is not a path')
  }
  if (headers.host === undefined && httpVersion !== '1.0')
    refuse(request, 'the header host is missing')
  // Fewer names than fields: one stands twice.
  if (Object.keys(headers).length * 2 < rawHeaders.length) refuseRepeated(request, rawHeaders)
  const { 'transfer-encoding': coding, 'content-length': length = '0' } = headers
  if (coding !== undefined || length !== '0') readBody(request, coding)
  // Where it names a type all the same, Fastify would wait for the end of a stream that never began.
  else if (headers['content-length'] === undefined) delete headers['content-type']
  // Ignoring it would be allowed; a proxy that believes it was accepted is how requests get past it.
  if (headers.upgrade !== undefined) refuse(request, NO_UPGRADE)
}

/** The last message with a body on each connection: what is unreadable later may be its end. */
const withBody = new WeakMap<Socket, IncomingMessage>()

function readBody(request: FastifyRequest, coding: string | undefined): void {
  const { method, socket, httpVersion } = request.raw
  withBody.set(socket, request.raw)
  // HTTP/1.0 has no codings, and who speaks it may see another end (RFC 9112 §6.1).
  if (coding !== undefined && (coding.toLowerCase() !== 'chunked' || httpVersion === '1.0')) {
    refuse(request, 'the only transfer coding is chunked, in HTTP/1.1')
  }
  // It means nothing there (RFC 9110 §9.3.1), and the answer would leave before it is read.
  if (method === 'GET' || method === 'HEAD') refuse(request, `${method} has no body here`)
}

/** Whether the connection still owes the end of a message. */
export const owesBody = (socket: Socket): boolean => withBody.get(socket)?.complete === false

function refuseRepeated(request: FastifyRequest, rawHeaders: readonly string[]): void {
  const names = rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase())
  const repeated = names.find((name, index) => SINGLE.has(name) && names.indexOf(name) < index)
  if (repeated !== undefined) refuse(request, `the header ${repeated} stands twice`)
}

/** A request that could not be routed: its connection is not trusted any further. */
export const distrust = ({ raw }: FastifyRequest): void => void distrusted.add(raw.socket)

function refuse(
  request: FastifyRequest,
  detail: string | undefined,
  code: ErrorCode = 'invalid_request',
): never {
  distrust(request)
  throw new ServiceError(code, { ...(detail && { detail }), headers: { connection: 'close' } })
}

/** The absolute form of our own address, and `*` where it has a meaning (RFC 9112 §3.2.2, §3.2.4). */
function isOwnTarget({ url = '', headers, method }: IncomingMessage): boolean {
  const [, authority] = /^https?:\/\/([^/?]+)\//i.exec(url) ?? []
  const ours = authority !== undefined && authority === headers.host
  return ours || (url === '*' && method === 'OPTIONS')
}

/** JSON in UTF-8 is the only body that most routes read, and the strict reader of tokens reads it. */
export function readJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    /^application\/json *(; *charset="?utf-8"? *)?$/i,
    { parseAs: 'buffer' },
    async (request: FastifyRequest, body: Buffer) => {
      refuseCompressed(request)
      // Some clients name a type and send nothing; the route knows whether it needs a body.
      if (body.length === 0) return undefined
      try {
        return parseStrictJson(body)
      } catch (error) {
        if (!(error instanceof JsonError)) throw error
        throw new ServiceError('invalid_request', {
          detail: `the body is not JSON: ${error.message}`,
        })
      }
    },
  )
}

/** What a body is read as, whatever it is said to be: Fastify keeps what it has parsed of one type by its text. */
const RAW = 'application/jwt'

/**
 * Bodies of any content type, or none, as they are: one character for each byte. For tokens, which
 * have none beyond ASCII.
 */
export function readRawBodies(app: FastifyInstance): void {
  // Fastify refuses what it cannot read as a type, and nobody reads it here. Not deleted: V8 would
  // look up all other fields more slowly from then on.
  app.addHook('onRequest', ({ headers }, _reply, done) => {
    if (headers['content-type'] !== undefined) headers['content-type'] = RAW
    done()
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    [RAW, '*'],
    { parseAs: 'buffer' },
    (request: FastifyRequest, body: Buffer, done) => {
      refuseCompressed(request)
      done(null, body.toString('latin1'))
    },
  )
}

function refuseCompressed({ headers }: FastifyRequest): void {
  if (headers['content-encoding'] === undefined) return
  throw new ServiceError('unsupported_media_type', { detail: 'the body must not be compressed' })
}
