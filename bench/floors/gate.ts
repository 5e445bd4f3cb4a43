/**
 * The floor of the gate: a token in a body, its signature checked with bare `node:crypto`, its time
 * looked at, one line answered. Nothing is remembered, nobody is asked, and each request is answered by
 * itself: the service, which checks together what has arrived together, can be quicker.
 *
 * @module
 */
import { createPublicKey, verify } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

const { BENCH_PEM = '' } = process.env
const key = createPublicKey(BENCH_PEM)
// As the signature is written: R and S side by side (RFC 7518 §3.4). RSA and Ed25519 take no notice.
const parameters = { key, dsaEncoding: 'ieee-p1363' } as const
const hash = key.asymmetricKeyType === 'ed25519' ? null : 'sha256'

function isGood(token: string): boolean {
  const dot = token.lastIndexOf('.')
  const signature = Buffer.from(token.slice(dot + 1), 'base64url')
  if (!verify(hash, Buffer.from(token.slice(0, dot), 'latin1'), parameters, signature)) return false
  const claims = Buffer.from(token.slice(token.indexOf('.') + 1, dot), 'base64url')
  const { nbf, exp } = JSON.parse(claims.toString())
  const now = Date.now() / 1000
  return nbf <= now && now < exp
}

function answer(request: IncomingMessage, response: ServerResponse) {
  let body = ''
  request.setEncoding('latin1')
  request.on('data', (chunk: string) => {
    body += chunk
  })
  request.on('end', () => {
    const [status, text] = isGood(body) ? [200, 'A line.'] : [403, 'refused']
    response.writeHead(status, { 'Content-Type': 'text/plain', 'Content-Length': text.length })
    response.end(text)
  })
}

const server = createServer(answer)
server.listen(0, '127.0.0.1', () => {
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  process.stdout.write(`${JSON.stringify({ msg: 'listening', address })}\n`)
})
process.once('SIGTERM', () => {
  server.close()
  server.closeAllConnections()
})
