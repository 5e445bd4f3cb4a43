/**
 * What operators and newcomers ask of the process itself: health, metrics, the documents.
 *
 *     GET /livez             -> 200 while the process answers
 *     GET /readyz, /healthz  -> 200 while the store can be written, else 503; ?verbose says what
 *     GET /metrics           -> 200 Prometheus text
 *     GET /openapi.json      -> 200 OpenAPI 3.1
 *     GET /docs/errors       -> 200 every error code
 *     GET /                  -> 200 a page for people, or JSON
 *
 * @module
 */

import type {} from '@fastify/swagger'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { wantsJson } from '../answer-error.ts'
import type { Metrics } from './metrics.ts'
import { CONTENT_SECURITY_POLICY, errorsPage, indexPage } from './pages.ts'
import { probe } from './probe.ts'

const TEXT = { content: { 'text/plain': { schema: { type: 'string' } } } }
const HTML = { content: { 'text/html': { schema: { type: 'string' } } } }
const JSON_OBJECT = {
  content: { 'application/json': { schema: { type: 'object', additionalProperties: true } } },
}

export interface OperationDeps {
  version: string
  /** Where this service is found, as `http://127.0.0.1:7519`; asked when it listens. */
  address: () => string
  metrics: Metrics
  metricsOpen: boolean
  /** What must work for requests to succeed, by name. A check rejects when it does not. */
  checks: Readonly<Record<string, () => Promise<void>>>
  /** What somebody should look at though requests succeed, one line each. */
  warnings: () => readonly string[]
  /** Set once the process has been told to stop. */
  stopping: () => boolean
  /** Milliseconds of a clock that is never set back. */
  monotonic: () => number
}

export function operationRoutes(deps: OperationDeps): FastifyPluginAsync {
  const { version, address, metrics, metricsOpen, checks, warnings, stopping, monotonic } = deps

  const probes = Object.entries(checks).map(
    ([name, check]) => [name, probe(check, monotonic)] as const,
  )

  async function ready(request: FastifyRequest, reply: FastifyReply) {
    const results = await Promise.all(
      probes.map(async ([name, passes]) => ({ name, ok: await passes() })),
    )
    results.push({ name: 'not stopping', ok: !stopping() })
    const ok = results.every((result) => result.ok)
    reply.code(ok ? 200 : 503).header('content-type', 'text/plain')
    if (!ok) reply.header('retry-after', '1')
    if (!Object.hasOwn(request.query as object, 'verbose')) return ok ? 'ok\n' : 'not ready\n'
    const lines = results.map((result) => `${result.ok ? '+' : '-'} ${result.name}\n`)
    return [...lines, ...warnings().map((text) => `! ${text}\n`)].join('')
  }

  return async (app) => {
    const asks = (summary: string, response: object, access: 'open' | 'metrics' = 'open') => ({
      config: { access },
      schema: { tags: ['operation'], summary, response },
    })
    const health = (summary: string) => asks(summary, { 200: TEXT, 503: TEXT })

    app.get('/livez', asks('Whether the process answers', { 200: TEXT }), async (_, reply) => {
      reply.header('content-type', 'text/plain')
      return 'ok\n'
    })
    app.get('/readyz', health('Whether requests can succeed; ?verbose says what cannot'), ready)
    app.get('/healthz', health('As /readyz'), ready)

    const scope = metricsOpen ? 'open' : 'metrics'
    app.get('/metrics', asks('Prometheus metrics', { 200: TEXT }, scope), async (_, reply) => {
      reply.header('content-type', metrics.contentType)
      return metrics.text()
    })

    app.get('/openapi.json', asks('This document', { 200: JSON_OBJECT }), async () => app.swagger())

    app.get('/docs/errors', asks('Every error code', { 200: HTML }), async (_, reply) =>
      html(reply, errorsPage()),
    )

    const index = { content: { ...HTML.content, ...JSON_OBJECT.content } }
    app.get('/', asks('A page for people', { 200: index }), async (request, reply) => {
      if (wantsJson(request)) {
        return { name: 'jotter', version, openapi: '/openapi.json', errors: '/docs/errors' }
      }
      return html(reply, indexPage(version, address()))
    })
  }
}

function html(reply: FastifyReply, page: string): string {
  reply
    .header('content-type', 'text/html; charset=utf-8')
    .header('content-security-policy', CONTENT_SECURITY_POLICY)
  return page
}
