import type { FastifyInstance, onRequestHookHandler } from 'fastify'
import type { ErrorShape } from './error-shapes.ts'
import { ServiceError } from './errors.ts'

/** What is known of the address that a request target names; undefined without a route. */
export type AddressOf = (target: string) => Address | undefined

export interface Address {
  /** Its methods, for `Allow`. */
  readonly allow: string
  readonly errorShape: ErrorShape | undefined
}

/** Remembers every route that is registered from now on. */
export function rememberRoutes(app: FastifyInstance): AddressOf {
  const routes = new Map<
    string,
    { path: RegExp; methods: Set<string>; errorShape: ErrorShape | undefined }
  >()

  app.addHook('onRoute', ({ url, method, config }) => {
    // Of @fastify/cors, for preflights: no address of ours.
    if (url === '*') return
    // A parameter is one segment, which may be empty: the route itself refuses that.
    const segments = url
      .split('/')
      .map((part) => (part.startsWith(':') ? '[^/]*' : RegExp.escape(part)))
    const path = new RegExp(`^${segments.join('/')}$`)
    const route = routes.get(url) ?? { path, methods: new Set(), errorShape: config?.errorShape }
    for (const one of [method].flat()) route.methods.add(one)
    routes.set(url, route)
  })

  return (target) => {
    const path = target.replace(/^https?:\/\/[^/]*/i, '').split('?', 1)[0] as string
    const known = [...routes.values()].find((route) => route.path.test(path))
    return known && { allow: [...known.methods].join(', '), errorShape: known.errorShape }
  }
}

/** Refuses what has no route, before anybody asks who calls or what the body is. */
export function refuseUnknown(addressOf: AddressOf): onRequestHookHandler {
  return (request, _reply, done) => {
    // No route of ours has OPTIONS; a preflight that is allowed has been answered before.
    if (!request.is404 && request.method !== 'OPTIONS') return done()
    const address = addressOf(request.url)
    request.errorShape = address?.errorShape
    throw unknownRoute(request.method, address?.allow)
  }
}

/**
 * A method that may be said back, known or not. Not METHODS of node:http: imported here, it would load
 * all that belongs to `fetch`, two megabytes.
 */
const METHOD = /^[A-Z-]{1,20}$/

/** An address without a route is 404, a method that its route does not have 405. */
export function unknownRoute(method: string, allow: string | undefined): ServiceError {
  if (allow === undefined) return new ServiceError('not_found')
  const name = METHOD.test(method) ? method : 'the method'
  return new ServiceError('method_not_allowed', {
    detail: `${name} is not allowed here, only ${allow}`,
    headers: { allow },
  })
}
