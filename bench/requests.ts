/**
 * What a load asks for: which requests, and how a good answer begins.
 *
 * @module
 */
import { readFileSync } from 'node:fs'
import { loadPhones } from './phones.ts'

export interface Requests {
  readonly paths: readonly string[]
  /** Value of the header `Authorization`, or one for each path. */
  readonly authorization?: string | readonly string[]
  /** JSON for each path, sent with POST; without it the requests are GET. */
  readonly bodies?: readonly string[]
  /** What the body of each good answer has in it. */
  readonly expected: string
}

/** A token for each phone number of the load. The text is the beginning of every JWS header. */
const TOKENS: Requests = {
  paths: loadPhones.map((phone) => `/v1/token/${phone}`),
  expected: 'eyJ',
}

/** The requests in `file`, or for tokens without one. */
export const readRequests = (file: string | undefined): Requests =>
  file === undefined ? TOKENS : JSON.parse(readFileSync(file, 'utf8'))

/** As they are sent: HTTP/1.1, keep-alive. */
export function bytesOf({ paths, authorization, bodies }: Requests, host: string): Buffer[] {
  return paths.map((path, i) => {
    const credentials = typeof authorization === 'object' ? authorization[i] : authorization
    const body = bodies?.[i]
    const lines = [
      `${body === undefined ? 'GET' : 'POST'} ${path} HTTP/1.1`,
      `Host: ${host}`,
      ...(credentials === undefined ? [] : [`Authorization: ${credentials}`]),
      ...(body === undefined
        ? []
        : ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`]),
    ]
    return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body ?? ''}`)
  })
}
