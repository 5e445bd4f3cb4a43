/**
 * What a route says of itself beside its schema, and what the shared hooks put on a request. Read by
 * `access.ts`, `answer-error.ts` and `operation/openapi.ts`.
 */
import type { Caller } from './api-keys/service.ts'
import type { Scope } from './api-keys/store.ts'
import { type ErrorCode, ServiceError } from './errors.ts'

export interface RouteRules {
  /**
   * Who may call: anybody, callers with an API key of that scope, or, for `issue`, whom the setting
   * ISSUE_ACCESS lets.
   */
  access: 'open' | 'issue' | Scope
  /** The errors of its own, for the OpenAPI document; those of `access` are added. */
  errors?: readonly ErrorCode[]
  /** A failure of ours is an empty text answer, as in the tutorial that the route comes from. */
  emptyOnFailure?: boolean
}

declare module 'fastify' {
  interface FastifyContextConfig extends RouteRules {}
  interface FastifyRequest {
    /** Who calls; undefined without a key, and on routes that are open to anybody. */
    caller: Caller | undefined
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
