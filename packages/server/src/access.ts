import type { FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify'
import { type ApiKeyService, type Caller, demandScope } from './api-keys/service.ts'
import { ServiceError } from './errors.ts'
import { addressBucket } from './limits/address.ts'
import { type Limiter, limitHeaders } from './limits/limiter.ts'

export interface AccessDeps {
  apiKeys: ApiKeyService
  issueAccess: 'open' | 'key'
  perAddress: Limiter | undefined
  perKey: Limiter | undefined
}

const CHALLENGE = 'Bearer realm="jotter"'

/**
 * The hook that decides for every route who may call, by the route's `access`. On routes that mint
 * it also counts the request: for the caller's API key, or else for its address.
 */
export function accessHook(deps: AccessDeps): onRequestHookHandler {
  const { apiKeys, issueAccess, perAddress, perKey } = deps

  return async (request, reply) => {
    const { access } = request.routeOptions.config
    if (access === 'open') return
    const mints = access === 'issue'
    if (mints) refusePrefetch(request)

    const secret = bearerOf(request)
    // Where anybody may issue, a key is still welcome: it has a budget and a customer of its own.
    if (secret === undefined && !(mints && issueAccess === 'open')) {
      throw new ServiceError('authentication_required', {
        headers: { 'www-authenticate': CHALLENGE },
      })
    }
    if (secret !== undefined) {
      request.caller = await authenticate(apiKeys, secret)
      demandScope(request.caller, mints ? 'transactions:write' : access)
    }
    if (mints) {
      const { caller } = request
      if (caller === undefined) spend(perAddress, addressBucket(request.ip), reply)
      else spend(perKey, caller.id, reply)
    }
  }
}

/** Counts one, says so in the answer's header, and throws `rate_limited` when that was too many. */
function spend(limiter: Limiter | undefined, key: string, reply: FastifyReply): void {
  if (limiter === undefined) return
  const verdict = limiter.take(key)
  reply.headers(limitHeaders(limiter, verdict))
  if (!verdict.allowed) throw rateLimited(limiter, verdict.resetSeconds)
}

export function rateLimited({ name, rate }: Limiter, resetSeconds: number): ServiceError {
  return new ServiceError('rate_limited', {
    detail: `${rate.limit} in ${rate.windowSeconds} s are allowed per ${name}`,
    headers: { 'retry-after': String(resetSeconds) },
  })
}

/** Browsers and proxies announce a guess in one of these; a guess must not mint. */
function refusePrefetch({ headers }: FastifyRequest): void {
  const purpose = `${headers['sec-purpose'] ?? ''} ${headers.purpose ?? ''} ${headers['x-moz'] ?? ''}`
  if (/prefetch|prerender/i.test(purpose)) throw new ServiceError('prefetch_refused')
}

/** The credential of `Authorization: Bearer ...` (RFC 6750 §2.1); undefined without the header. */
function bearerOf({ headers }: FastifyRequest): string | undefined {
  const { authorization } = headers
  if (authorization === undefined) return undefined
  const credential = /^Bearer +([\x21-\x7e]{1,512})$/i.exec(authorization)?.[1]
  if (credential === undefined) throw invalidKey()
  return credential
}

async function authenticate(apiKeys: ApiKeyService, secret: string): Promise<Caller> {
  const caller = await apiKeys.authenticate(secret)
  if (caller === undefined) throw invalidKey()
  return caller
}

const invalidKey = () =>
  new ServiceError('api_key_invalid', {
    headers: {
      'www-authenticate': `${CHALLENGE}, error="invalid_token", error_description="The API key is not valid"`,
    },
  })
