import { type Agent, type IncomingHttpHeaders, request as requestPlain } from 'node:http'
import { request as requestTls } from 'node:https'

/** A connection with an answer that never comes is given up after this. */
const PATIENCE_MS = 20_000

export interface Ask {
  method?: string
  headers?: Readonly<Record<string, string>>
  body?: string
}

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  /** Whole: exactly as long as its Content-Length said. */
  body: string
}

/** A request without a whole answer. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer'
  /** Whether there was a connection: what it carried may have been received. */
  readonly connected: boolean

  constructor(cause: NodeJS.ErrnoException, connected: boolean) {
    super(cause.code ?? cause.message, { cause })
    this.connected = connected
  }
}

/**
 * One request, never repeated. `node:http` and `node:https`, because `fetch` tells less about a connection
 * that breaks.
 *
 * @throws {NoAnswer}
 */
export function ask(
  agent: Agent,
  url: string,
  { method = 'GET', headers = {}, body }: Ask = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = url.startsWith('https:') ? requestTls : requestPlain
    let connected = false
    const fail = (cause: NodeJS.ErrnoException) => reject(new NoAnswer(cause, connected))
    const sent = request(url, { agent, method, headers, timeout: PATIENCE_MS }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      // Emits `error` when the connection ends before the body does.
      answer.on('error', fail)
      answer.on('end', () =>
        resolve({
          status: answer.statusCode as number,
          headers: answer.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      )
    })
    sent.on('socket', (socket) => {
      connected = !socket.connecting
      if (connected) return
      socket.once('connect', () => {
        connected = true
      })
    })
    sent.on('timeout', () => sent.destroy(new Error('no answer')))
    sent.on('error', fail)
    sent.end(body)
  })
}
