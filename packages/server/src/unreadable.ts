/** Answers for what the parser cannot read as a request: bytes on a socket, no route, no hooks. */
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { HEADERS } from './answer.ts'
import { SHAPES } from './error-shapes.ts'
import { type ErrorCode, ServiceError } from './errors.ts'
import { type AddressOf, unknownRoute } from './not-found.ts'
import { owesBody } from './strict-http.ts'

/** By the parser's code; whatever else it cannot read is `invalid_request`. */
const OF_THE_PARSER: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
}

/**
 * Whether the connection itself failed, its handshake or its peer: nobody is there to be answered.
 * Plain HTTP on a TLS port is such a failed handshake.
 */
export const isOfConnection = ({ code = '' }: NodeJS.ErrnoException): boolean =>
  code === 'ECONNRESET' || /^ERR_(SSL|TLS)_/.test(code)

/** What Node says of bytes that are no request: the packet, and how far it was read. */
interface ParserError extends Error {
  code?: string
  rawPacket?: Buffer
  bytesParsed?: number
}

export function refusalOf(error: Error, addressOf: AddressOf): ServiceError {
  const { code = '' } = error as ParserError
  if (code === 'HPE_INVALID_METHOD') {
    const { method, target } = requestLine(error as ParserError)
    const allow = addressOf(target)?.allow
    if (allow !== undefined) return unknownRoute(method, allow)
  }
  return new ServiceError(OF_THE_PARSER[code] ?? 'invalid_request')
}

/** The line in which the parser stopped. */
function requestLine({ rawPacket = Buffer.alloc(0), bytesParsed = 0 }: ParserError) {
  const start = bytesParsed > 0 ? rawPacket.lastIndexOf('\n', bytesParsed - 1) + 1 : 0
  const line = rawPacket.toString('latin1', start)
  const [, method = '', target = ''] = /^(\S+) (\S+) HTTP\/1\.[01]\r\n/.exec(line) ?? []
  return { method, target }
}

/**
 * Writes the refusal and closes: nothing behind it can be trusted. True when it was written; it is
 * not while the answer to a good request before it is owed, whose place it would take.
 */
export function refuseUnreadable(
  socket: Socket,
  refusal: ServiceError,
  requestId: string,
): boolean {
  // Node's own handler looks here too; there is no public way to ask.
  const owed = (socket as Socket & { _httpMessage?: ServerResponse | null })._httpMessage
  if (owed?.req.complete) {
    owed.once('close', () => socket.destroySoon())
    return false
  }
  // The end of a message that was answered before it was read: a second answer would be taken for
  // that to the next request.
  const answered = !owed && owesBody(socket)
  const answers = socket.writable && !owed?.headersSent && !answered
  if (answers) socket.write(answerText(refusal, requestId))
  socket.destroySoon()
  return answers
}

function answerText(refusal: ServiceError, requestId: string): string {
  const body = SHAPES.problem.text(refusal, requestId)
  const headers = {
    'content-type': SHAPES.problem.contentType,
    'content-length': Buffer.byteLength(body),
    ...HEADERS,
    'x-request-id': requestId,
    ...refusal.headers,
    connection: 'close',
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${refusal.status} Refused\r\n${lines.join('')}\r\n${body}`
}
