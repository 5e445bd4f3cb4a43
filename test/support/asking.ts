/** One HTTP request and how long its answer took, for tests that are about time. */
import { type Agent, type IncomingHttpHeaders, request } from 'node:http'

export interface Asking {
  readonly agent: Agent
  readonly token?: string
  /** Sent as JSON, with POST. */
  readonly body?: unknown
  /** The address that it comes from: any of 127.0.0.0/8 is this machine. */
  readonly from?: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface Told {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[]
  readonly text: string
  /** From the request to the whole answer. */
  readonly ms: number
}

/** A request over a connection of `agent`. */
export function ask(
  url: string,
  { agent, token, body, from, headers = {} }: Asking,
): Promise<Told> {
  const { promise, resolve, reject } = Promise.withResolvers<Told>()
  const content = body === undefined ? undefined : JSON.stringify(body)
  const began = performance.now()
  const sent = request(
    url,
    {
      agent,
      ...(from !== undefined && { localAddress: from }),
      ...(content !== undefined && { method: 'POST' }),
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(content !== undefined && {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(content),
        }),
        ...headers,
      },
    },
    (answer) => {
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (chunk: string) => {
        text += chunk
      })
      answer.on('end', () =>
        resolve({
          status: answer.statusCode as number,
          headers: answer.headers,
          rawHeaders: answer.rawHeaders,
          text,
          ms: performance.now() - began,
        }),
      )
      answer.on('error', reject)
    },
  )
  sent.on('error', reject)
  sent.end(content)
  return promise
}
