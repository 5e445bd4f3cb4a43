import { METHODS } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { ServiceError } from './errors.ts'

/**
 * Tells an address without a route (404) from a method that a route does not have (405, with
 * `Allow`). Must be called before the routes are registered.
 */
export function answerUnknown(app: FastifyInstance): void {
  const methods = new Map<string, { path: RegExp; allow: Set<string> }>()

  app.addHook('onRoute', ({ url, method }) => {
    // A parameter is one segment, which may be empty: the route itself refuses that.
    const path = new RegExp(`^${url.replace(/:[^/]+/g, '[^/]*')}$`)
    const entry = methods.get(url) ?? { path, allow: new Set() }
    for (const one of [method].flat()) entry.allow.add(one)
    methods.set(url, entry)
  })

  app.setNotFoundHandler((request: FastifyRequest) => {
    const path = request.raw.url?.split('?', 1)[0] ?? ''
    const known = [...methods.values()].find((entry) => entry.path.test(path))
    if (known === undefined) throw new ServiceError('not_found')
    const allow = [...known.allow].join(', ')
    const method = METHODS.includes(request.method) ? request.method : 'the method'
    throw new ServiceError('method_not_allowed', {
      detail: `${method} is not allowed here, only ${allow}`,
      headers: { allow },
    })
  })
}
