/**
 * What is refused before any route is asked: requests that two programs could read differently, and
 * bodies that are not what they say.
 */
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { JsonError, parseStrictJson } from '@jotter/token'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { problem } from './answer-error.ts'
import { type ErrorCode, ServiceError } from './errors.ts'
import { uuidv7 } from './uuid.ts'

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

export function refuseOddHeaders({ raw }: FastifyRequest): void {
  const { rawHeaders } = raw as IncomingMessage
  if (rawHeaders.length >= MAX_HEADER_FIELDS * 2) throw new ServiceError('headers_too_large')
  let seen = ''
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] as string).toLowerCase()
    if (!SINGLE.has(name)) continue
    if (seen.includes(`${name} `)) {
      throw new ServiceError('invalid_request', { detail: `the header ${name} stands twice` })
    }
    seen += `${name} `
  }
}

/** JSON in UTF-8 is the only body that is read, and the strict reader of tokens reads it. */
export function readJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    /^application\/json *(; *charset="?utf-8"? *)?$/i,
    { parseAs: 'buffer' },
    async (request: FastifyRequest, body: Buffer) => {
      if (request.headers['content-encoding'] !== undefined) {
        throw new ServiceError('unsupported_media_type', {
          detail: 'the body must not be compressed',
        })
      }
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

/** By the parser's code; whatever else it cannot read is `invalid_request`. */
const OF_THE_PARSER: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
}

/** Answers what is no HTTP request, and closes: nothing behind it can be trusted. */
export function answerParserError(
  error: Error & { code?: string },
  socket: Socket,
  now: number,
): void {
  if (socket.writable && error.code !== 'ECONNRESET') {
    const refusal = new ServiceError(OF_THE_PARSER[error.code ?? ''] ?? 'invalid_request')
    const requestId = uuidv7(now)
    const body = problem(refusal, requestId)
    socket.write(
      `HTTP/1.1 ${refusal.status} Refused\r\nContent-Type: application/problem+json\r\n` +
        `Cache-Control: no-store\r\nX-Request-Id: ${requestId}\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    )
  }
  socket.destroySoon()
}
