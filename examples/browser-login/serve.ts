/**
 * The page of the example from an origin of its own: its files and a policy, on loopback only. What
 * the page may run, load and call is decided here, not by the page.
 *
 *     node serve.ts [--port 7520] [--service http://127.0.0.1:7519]
 */
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const FILES: Readonly<Record<string, readonly [file: string, type: string]>> = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/base.css': ['base.css', 'text/css; charset=utf-8'],
  '/style.css': ['style.css', 'text/css; charset=utf-8'],
  '/page.js': ['page.js', 'text/javascript; charset=utf-8'],
  '/session.js': ['session.js', 'text/javascript; charset=utf-8'],
  '/tabs.js': ['tabs.js', 'text/javascript; charset=utf-8'],
  '/icon.svg': ['icon.svg', 'image/svg+xml'],
}

/** Scripts and styles of this origin, requests to the service, and nothing else. */
const headersOf = (service: string) => ({
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    `connect-src ${service}`,
    // Without a script, a form would put the password into a request of its own.
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-cache',
})

/**
 * Answers with the files of the page.
 *
 * @param address Where the service is, `http://127.0.0.1:7519`.
 * @throws {TypeError} When that is no URL.
 */
export function pageOf(address: string): RequestListener {
  const service = new URL(address).origin
  const headers = headersOf(service)
  return (request, response) => {
    const [file, type] = FILES[request.url ?? ''] ?? []
    if (file === undefined || type === undefined) {
      response.writeHead(404, headers).end()
      return
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { ...headers, Allow: 'GET, HEAD' }).end()
      return
    }
    // Read each time: who changes the page sees it with the next reload.
    const text = readFileSync(join(import.meta.dirname, 'page', file), 'utf8')
    const body = text.replace('http://127.0.0.1:7519', service)
    response.writeHead(200, { ...headers, 'Content-Type': type }).end(body)
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '7520' },
      service: { type: 'string', default: 'http://127.0.0.1:7519' },
    },
  })
  const server = createServer(pageOf(values.service))
  server.listen(Number(values.port), '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo
    console.log(`The page is at http://127.0.0.1:${port}, its service at ${values.service}.`)
  })
}
