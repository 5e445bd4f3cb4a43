/**
 * What a route says of itself beside its schema, and what the shared hooks put on a request. Read by
 * `access.ts`, `answer-error.ts` and `operation/openapi.ts`.
 */
import type { Caller } from './api-keys/service.ts'
import type { Scope } from './api-keys/store.ts'
import type { ErrorShape } from './error-shapes.ts'
import { type ErrorCode, ServiceError } from './errors.ts'
import type { TokenUser } from './user-access.ts'

export interface RouteRules {
  /**
   * Who may call: anybody, users with an access token, callers with an API key of that scope, or, for
   * `issue`, whom the setting ISSUE_ACCESS lets.
   */
  access: 'open' | 'user' | 'issue' | Scope
  /** The errors of its own, for the OpenAPI document; those of `access` are added. */
  errors?: readonly ErrorCode[]
  /** How its errors look, where a document or an RFC says so. Default: `problem`. */
  errorShape?: ErrorShape
  /** Mints tokens or ends sessions, which no prefetch may do; as `issue` does anyway. */
  neverPrefetched?: true
  /** Counted for the caller's address, by the setting RATE_LIMIT_REGISTER. */
  registers?: true
}

/** The rules of routes that ask the store, for callers whose API key has `scope`. */
export const forScope =
  (scope: Scope) =>
  (...errors: readonly ErrorCode[]): RouteRules => ({
    access: scope,
    errors: [...errors, 'store_unavailable'],
  })

declare module 'fastify' {
  interface FastifyContextConfig extends RouteRules {}
  interface FastifyRequest {
    /** Who calls; undefined without a key, and on routes that are open to anybody. */
    caller: Caller | undefined
    /** Whose token it came with, on routes for users. */
    user: TokenUser | undefined
  }
}

/** The schema of an RFC 3339 time. */
export const TIME = {
  type: 'string',
  format: 'date-time',
  examples: ['2026-11-22T12:00:00.000Z'],
} as const

/** Epoch milliseconds as RFC 3339, in UTC. */
export const timeText = (at: number): string => new Date(at).toISOString()

/**
 * Epoch milliseconds of an RFC 3339 time.
 *
 * @throws {ServiceError} `invalid_request` at `pointer` for a leap second, which this clock does not
 *   have, or a day that its month does not have.
 */
export function timeOf(text: string, pointer: string): number {
  const at = Date.parse(text)
  if (!Number.isNaN(at)) return at
  throw new ServiceError('invalid_request', { fields: [{ pointer, detail: 'is not a time' }] })
}

/** `parse(value)`, or undefined for what was not given. */
export const given = <T>(value: string | undefined, parse: (value: string) => T): T | undefined =>
  value === undefined ? undefined : parse(value)
