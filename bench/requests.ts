/**
 * What a load asks for: which requests, and how a good answer begins.
 *
 * @module
 */
import { readFileSync } from 'node:fs'
import { loadPhones } from './phones.ts'

export interface Requests {
  readonly paths: readonly string[]
  /** What is sent with each path by POST; without them it is asked for by GET. */
  readonly bodies?: readonly string[]
  /** Value of the header `Authorization`. */
  readonly authorization?: string
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
export function bytesOf({ paths, bodies, authorization }: Requests, host: string): Buffer[] {
  const credentials = authorization === undefined ? '' : `Authorization: ${authorization}\r\n`
  return paths.map((path, i) => {
    const body = bodies?.[i]
    const method = body === undefined ? 'GET' : 'POST'
    const length = body === undefined ? '' : `Content-Length: ${Buffer.byteLength(body)}\r\n`
    const head = `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\n${credentials}${length}\r\n`
    return Buffer.from(head + (body ?? ''))
  })
}
