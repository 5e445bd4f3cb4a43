import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import type { ServiceError } from '../errors.ts'
import { maskPhone, phoneDigits } from '../phone.ts'
import type { Metrics } from './metrics.ts'

export interface RequestLogOptions {
  log: Logger
  metrics: Metrics
  which: 'errors' | 'all' | 'off'
  /** Milliseconds of a clock that is never set back. */
  monotonic: () => number
}

declare module 'fastify' {
  interface FastifyRequest {
    /** When its headers had been read, by the clock that is never set back. */
    receivedAt: number
  }
}

/**
 * Counts every answer, and logs the refused and failed ones (or all). A line holds the route's
 * template and a masked phone number; never a path, a header or a body.
 */
export function requestLog({ log, metrics, which, monotonic }: RequestLogOptions) {
  return {
    answered(request: FastifyRequest, reply: FastifyReply): void {
      const { method, refusal } = request
      const { statusCode } = reply
      const route = request.routeOptions.url ?? 'none'
      const ms = monotonic() - request.receivedAt
      metrics.requestAnswered(route, method, statusCode, ms / 1000)
      if (refusal !== undefined) metrics.requestRefused(refusal.code)

      // A failure of ours is always logged, with its cause.
      if (statusCode < 500 && (which === 'off' || (which === 'errors' && statusCode < 400))) return
      log[statusCode < 400 ? 'info' : statusCode < 500 ? 'warn' : 'error'](
        {
          request_id: request.id,
          method,
          route,
          status: statusCode,
          ms: Math.round(ms * 10) / 10,
          ...(refusal !== undefined && { code: refusal.code }),
          ...(refusal?.cause !== undefined && { err: refusal.cause }),
          ...maskedPhone(request),
        },
        'request',
      )
    },

    /** What the parser could not read has neither method nor route. */
    unreadable({ code, status }: ServiceError, request_id: string): void {
      metrics.requestRefused(code)
      if (which !== 'off') log.warn({ request_id, status, code }, 'request')
    },
  }
}

function maskedPhone({ params }: FastifyRequest): { phone: string } | undefined {
  const { phone_number } = (params ?? {}) as { phone_number?: string }
  const digits = phone_number === undefined ? undefined : phoneDigits(phone_number)
  return digits === undefined ? undefined : { phone: maskPhone(digits) }
}
