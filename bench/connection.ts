/**
 * One keep-alive HTTP/1.1 connection on a bare socket, with one request in flight at any time. An
 * HTTP client would cost the load generator more than the request costs the server.
 *
 * @module
 */
import { connect, type Socket } from 'node:net'

interface Traffic {
  /** The bytes of the next request; `undefined` leaves the connection silent. */
  next(): Buffer | undefined
  /** A whole answer has arrived, `took` milliseconds after its request was written. */
  answered(status: number, body: string, took: number): void
  /** The connection is of no more use: closed, refused, or not understood. */
  broken(reason: string): void
}

interface Answer {
  readonly status: number
  readonly body: string
}

/**
 * The answer that `text` (latin1, so one character is one byte) consists of; `undefined` while it is
 * incomplete. Only Content-Length framing is understood (RFC 9112 §6.2).
 *
 * @throws {Error} What makes it not an answer to one request.
 */
function parseAnswer(text: string): Answer | undefined {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1])
  const length = Number(/\r\ncontent-length: *(\d+)\r\n/i.exec(text.slice(0, end + 2))?.[1])
  if (Number.isNaN(status) || Number.isNaN(length)) throw new Error('no status or no length')
  const whole = end + 4 + length
  if (text.length > whole) throw new Error('more bytes than the answer has')
  return text.length < whole ? undefined : { status, body: text.slice(end + 4) }
}

/** Connects and sends one request after the other until `traffic.next` has no more. */
export function openConnection(host: string, port: number, traffic: Traffic): Socket {
  let received = ''
  let sent = 0
  let reason = 'closed by the server'

  function send() {
    const request = traffic.next()
    if (request === undefined) return
    sent = performance.now()
    socket.write(request)
  }

  function receive(size: number, buffer: Uint8Array) {
    received += (buffer as Buffer).toString('latin1', 0, size)
    try {
      const answer = parseAnswer(received)
      if (answer === undefined) return true
      received = ''
      traffic.answered(answer.status, answer.body, performance.now() - sent)
      send()
    } catch (error) {
      socket.destroy(error as Error)
    }
    return true
  }

  // One buffer for the life of the socket: no allocation and no stream event per read.
  const onread = { buffer: Buffer.allocUnsafe(16_384), callback: receive }
  const socket = connect({ host, port, noDelay: true, onread })
  socket.on('connect', send)
  socket.on('error', (error) => {
    reason = error.message
  })
  socket.on('close', () => traffic.broken(reason))
  return socket
}
