/**
 * Pages in somebody's browser, where anybody may issue: none of another site may mint, and none may
 * read the answer by letting a name of its own point at this machine (DNS rebinding).
 */
import type { FastifyRequest } from 'fastify'
import { ServiceError } from './errors.ts'
import type { Settings } from './settings.ts'
import { isLoopback } from './settings-rules.ts'

/** Names and addresses that only this machine answers to (RFC 6761 §6.3), with any port. */
const THIS_MACHINE = /^(?:(?:[a-z0-9-]+\.)*localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$/i

type PageSettings = Pick<Settings, 'HOST' | 'ISSUER' | 'CORS_ORIGINS'>

/**
 * The check of a request that nobody's API key vouches for.
 *
 * @returns A function that throws `host_refused` or `cross_site_refused`.
 */
export function refuseForeignPages({ HOST, ISSUER, CORS_ORIGINS }: PageSettings) {
  const issuer = ISSUER === undefined ? undefined : new URL(ISSUER)
  const onLoopback = isLoopback(HOST)
  const isOurName = (host: string) =>
    THIS_MACHINE.test(host) || host.replace(/:\d+$/, '').toLowerCase() === issuer?.hostname
  const isOurOrigin = (origin: string, host = '') =>
    origin === issuer?.origin || origin === `http://${host}` || origin === `https://${host}`

  return ({ headers }: FastifyRequest): void => {
    const { host, referer, 'sec-fetch-site': site } = headers
    if (onLoopback && host !== undefined && !isOurName(host)) throw new ServiceError('host_refused')
    // Of a page that asks for an image, browsers tell its address only.
    const origin = headers.origin ?? (referer && (URL.parse(referer)?.origin ?? 'null'))
    if (site === undefined && origin === undefined) return
    if (origin !== undefined && CORS_ORIGINS.includes(origin)) return
    // To an address without TLS that is not loopback, browsers send no Sec-Fetch-Site.
    const ours =
      site === undefined
        ? isOurOrigin(origin as string, host)
        : site === 'same-origin' || site === 'none'
    if (!ours) throw new ServiceError('cross_site_refused')
  }
}
