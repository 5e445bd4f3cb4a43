import type { FastifyRequest, onRequestHookHandler } from 'fastify'
import { CHALLENGE } from './answer-error.ts'
import type { ApiKeyService, Caller } from './api-keys/service.ts'
import type { Scope } from './api-keys/store.ts'
import { ServiceError } from './errors.ts'
import { addressBucket } from './limits/address.ts'
import { type Limiter, limitHeaders, type Verdict } from './limits/limiter.ts'

export interface AccessDeps {
  apiKeys: ApiKeyService
  issueAccess: 'open' | 'key'
  perAddress: Limiter | undefined
  perKey: Limiter | undefined
  /** Counts wrong API keys by address. */
  wrongKeys: Limiter | undefined
  /** Refuses, by throwing, what a page of another site makes a browser ask without an API key. */
  refuseForeignPage: (request: FastifyRequest) => void
  /** Finds out whose access token a request came with. */
  identifyUser: (request: FastifyRequest) => Promise<void>
}

/**
 * The hook that decides for every route who may call, by the route's `access`. On routes that mint
 * it also counts the request: for the caller's API key, or else for its address.
 */
export function accessHook(deps: AccessDeps): onRequestHookHandler {
  const { apiKeys, issueAccess, perAddress, perKey, wrongKeys, refuseForeignPage, identifyUser } =
    deps

  function count(caller: Caller | undefined, request: FastifyRequest): void | Promise<void> {
    if (caller === undefined) return spend(perAddress, addressBucket(request.ip), request)
    return spend(perKey, caller.id, request)
  }

  async function identify(secret: string, request: FastifyRequest) {
    const { access } = request.routeOptions.config
    const caller = await authenticate(secret, request)
    demandScope(caller, access === 'issue' ? 'transactions:write' : (access as Scope))
    request.caller = caller
    if (access === 'issue') await count(caller, request)
  }

  /**
   * Guesses cost their address its budget. When that is gone, only keys that are familiar are tried.
   */
  async function authenticate(secret: string, request: FastifyRequest): Promise<Caller> {
    const address = addressBucket(request.ip)
    if (wrongKeys && !apiKeys.isFamiliar(secret)) await demandBudget(wrongKeys, address, 0)
    const caller = await apiKeys.authenticate(secret)
    if (caller !== undefined) return caller
    await spend(wrongKeys, address, request)
    throw invalidKey()
  }

  return (request, _reply, done) => {
    const { access, neverPrefetched } = request.routeOptions.config
    if (access === 'issue' || neverPrefetched) refusePrefetch(request)
    if (access === 'open') return done()
    if (access === 'user') {
      identifyUser(request).then(() => done(), done)
      return
    }

    const secret = bearerOf(request)
    if (secret !== undefined) {
      identify(secret, request).then(() => done(), done)
      return
    }
    // Where anybody may issue, a key is still welcome: it has a budget and a customer of its own.
    if (access !== 'issue' || issueAccess !== 'open') throw authenticationRequired()
    refuseForeignPage(request)
    const counted = count(undefined, request)
    if (counted === undefined) done()
    else counted.then(() => done(), done)
  }
}

/** Counts one, says so in the answer's header, and throws `rate_limited` when that was too many. */
function spend(
  limiter: Limiter | undefined,
  key: string,
  request: FastifyRequest,
): void | Promise<void> {
  if (limiter === undefined) return
  const tell = (verdict: Verdict) => {
    request.budget = limitHeaders(limiter, verdict)
  }
  const verdict = demandBudget(limiter, key)
  return verdict instanceof Promise ? verdict.then(tell) : tell(verdict)
}

/**
 * A promise only where the limiter has to ask: one for each token would cost as much as its signature.
 *
 * @throws {ServiceError} `rate_limited` when `count` more was too many.
 */
export function demandBudget(
  limiter: Limiter,
  key: string,
  count?: number,
): Verdict | Promise<Verdict> {
  const check = (verdict: Verdict) => {
    if (!verdict.allowed) throw rateLimited(limiter, verdict)
    return verdict
  }
  const verdict = limiter.take(key, count)
  return verdict instanceof Promise ? verdict.then(check) : check(verdict)
}

/** Its header fields tell of the limit that refused, whatever other one has counted the request. */
function rateLimited(limiter: Limiter, verdict: Verdict): ServiceError {
  const { name, rate } = limiter
  return new ServiceError('rate_limited', {
    detail: `the limit "${name}" allows ${rate.limit} in ${rate.windowSeconds} s`,
    headers: { ...limitHeaders(limiter, verdict), 'retry-after': String(verdict.resetSeconds) },
  })
}

/** Browsers and proxies announce a guess in one of these; a guess must not mint, nor log out. */
function refusePrefetch({ headers }: FastifyRequest): void {
  for (const name of ['sec-purpose', 'purpose', 'x-moz']) {
    const purpose = headers[name]
    if (purpose !== undefined && /prefetch|prerender/i.test(String(purpose))) {
      throw new ServiceError('prefetch_refused')
    }
  }
}

/** The credential of `Authorization: Bearer ...` (RFC 6750 §2.1); undefined without the header. */
function bearerOf({ headers }: FastifyRequest): string | undefined {
  const { authorization } = headers
  if (authorization === undefined) return undefined
  // Of another scheme: no token was presented, and the challenge must not speak of one (§3.1).
  if (!/^Bearer +[^ ]/i.test(authorization)) throw authenticationRequired()
  const credential = /^Bearer +([\x21-\x7e]{1,512})$/i.exec(authorization)?.[1]
  if (credential === undefined) throw invalidKey()
  return credential
}

const authenticationRequired = () => new ServiceError('authentication_required')

const invalidKey = () => new ServiceError('api_key_invalid')

/** @throws {ServiceError} `insufficient_scope` unless the caller's key holds `scope`. */
function demandScope(caller: Caller, scope: Scope): void {
  if (caller.scopes.includes(scope) || caller.scopes.includes('admin')) return
  throw new ServiceError('insufficient_scope', {
    detail: `the route needs the scope ${scope}`,
    headers: {
      'www-authenticate': `${CHALLENGE}, error="insufficient_scope", scope="${scope}"`,
    },
  })
}
