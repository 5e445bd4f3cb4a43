/**
 * The one place where an error becomes an HTTP answer: `application/problem+json` (RFC 9457), or the
 * empty text of a route that a source document gives that shape.
 */
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import {
  ERRORS,
  type ErrorCode,
  type FieldProblem,
  ServiceError,
  StoreUnavailable,
} from './errors.ts'

/** Fastify's own refusals. What is not named here and is below 500 is `invalid_request`. */
const OF_FASTIFY: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'payload_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
}

const RETRY_AFTER_SECONDS = '1'

/** `request.refusal` is what the request log and the metrics say of a refused request. */
export interface Refusal {
  code: ErrorCode
  cause: unknown
}

declare module 'fastify' {
  interface FastifyRequest {
    refusal: Refusal | undefined
  }
}

export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const known = toServiceError(error)
  request.refusal = { code: known.code, cause: known.status < 500 ? undefined : error }
  reply.code(known.status).headers(known.headers)
  if (known.status === 503) reply.header('retry-after', RETRY_AFTER_SECONDS)
  if (known.status >= 500 && request.routeOptions.config.emptyOnFailure && !wantsJson(request)) {
    reply.header('content-type', 'text/plain').send('')
    return
  }
  reply.header('content-type', 'application/problem+json').send(problem(known, request.id))
}

/** The body of an answer, as text: the same where no request could be parsed. */
export function problem({ code, detail, fields }: ServiceError, requestId: string): string {
  const { status, title } = ERRORS[code]
  const type = `/docs/errors#${code}`
  return JSON.stringify({
    type,
    title,
    status,
    detail: detail ?? title,
    code,
    request_id: requestId,
    errors: fields,
  })
}

/** Whether the caller asks for JSON by name; a browser's or curl's `*∕*` does not. */
export const wantsJson = (request: FastifyRequest): boolean =>
  request.headers.accept?.includes('application/json') ?? false

function toServiceError(error: unknown): ServiceError {
  if (error instanceof ServiceError) return error
  if (error instanceof StoreUnavailable)
    return new ServiceError('store_unavailable', { cause: error })
  const { validation, validationContext, code, statusCode } = error as Partial<FastifyError>
  if (validation !== undefined) {
    return new ServiceError('invalid_request', {
      detail: `the ${validationContext ?? 'request'} does not have the expected shape`,
      fields: validation.map(toField),
    })
  }
  if (statusCode !== undefined && statusCode < 500) {
    const { message } = error as Error
    return new ServiceError(OF_FASTIFY[code ?? ''] ?? 'invalid_request', { detail: message })
  }
  return new ServiceError('internal_error', { cause: error })
}

function toField({
  instancePath,
  message,
  params,
}: NonNullable<FastifyError['validation']>[number]): FieldProblem {
  // Of a member that is missing or does not belong, the path is its parent's.
  const { missingProperty, additionalProperty } = params as Record<string, string | undefined>
  const member = missingProperty ?? additionalProperty
  const pointer = member === undefined ? instancePath : `${instancePath}/${member}`
  return { pointer, detail: message ?? 'is not valid' }
}
