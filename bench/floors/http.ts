/**
 * What the floors share: the token, the route, the life of the process. By hand on `node:http` and
 * without the project's code, so that they show what the platform allows and not what we made of it.
 *
 * @module
 */
import { createHmac, createSecretKey, randomBytes, randomUUIDv7 } from 'node:crypto'
import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseArgs } from 'node:util'

/** One issued token as it is stored. `issuedAt` is epoch milliseconds. */
export interface Row {
  readonly xid: string
  readonly phone: string
  readonly token: string
  readonly issuedAt: number
}

/** Stores `row`, then sends its token with `answer`. `close` follows the last request. */
interface Floor {
  issue(row: Row, response: ServerResponse): void
  close(): unknown
}

const HEADER = Buffer.from('{"typ":"JWT","alg":"HS256"}').toString('base64url')
const ISSUER = '11111111-2222-4333-8444-555555555555'
const key = createSecretKey(randomBytes(64))

/** A token for `phone` with the five claims of a transaction, and what is stored beside it. */
export function mint(phone: string): Row {
  const issuedAt = Date.now()
  // Version 7 as the service makes it: a random xid would measure the index instead of the design.
  const xid = randomUUIDv7()
  const iat = Math.floor(issuedAt / 1000) - 10
  const claims = JSON.stringify({ iss: ISSUER, iat, exp: iat + 90, phn: phone, xid })
  const signed = `${HEADER}.${Buffer.from(claims).toString('base64url')}`
  const token = `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`
  return { xid, phone, token, issuedAt }
}

/** Sends the token of a row that is as durable as this floor makes it. */
export function answer(response: ServerResponse, token: string) {
  response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': token.length })
  response.end(token)
}

/** `--port` and `--data` of the command line. */
export function floorOptions() {
  const options = { port: { type: 'string', default: '0' }, data: { type: 'string' } } as const
  const { port, data } = parseArgs({ options }).values
  if (data === undefined) throw new Error('--data DIR is missing')
  return { port: Number(port), data }
}

/** Serves `GET /v1/token/:phone` on loopback until SIGTERM; says its address on standard output. */
export function serve(port: number, floor: Floor) {
  listen(port, floor, (request, response) => {
    const [, phone] = /^\/v1\/token\/([1-9]\d{6,14})$/.exec(request.url ?? '') ?? []
    if (phone !== undefined && request.method === 'GET') floor.issue(mint(phone), response)
    else response.writeHead(404).end()
  })
}

/** The same with any route. */
export function listen(port: number, floor: Pick<Floor, 'close'>, listener: RequestListener) {
  const server = createServer(listener)
  server.listen(port, '127.0.0.1', () => {
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    process.stdout.write(`${JSON.stringify({ msg: 'listening', address })}\n`)
  })
  process.once('SIGTERM', () => {
    server.close(() => floor.close())
    server.closeAllConnections()
  })
}
