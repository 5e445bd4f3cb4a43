/**
 * The one place where an error becomes an HTTP answer, in the shape that its route has: see
 * `error-shapes.ts`.
 */
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { type ErrorShape, SHAPES, type Shape } from './error-shapes.ts'
import {
  ERRORS,
  type ErrorCode,
  type FieldProblem,
  headersOf,
  ServiceError,
  StoreUnavailable,
} from './errors.ts'
import { KeyServerUnavailable } from './keyserver/key-source.ts'

/**
 * Fastify's own refusals. What is not named here and is below 500 is `invalid_request`. Their
 * messages are not passed on: some quote the path, and with it a phone number.
 */
const OF_FASTIFY: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'payload_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
}

/** A body can be wrong in thousands of places; nobody reads more than these. */
const MAX_FIELDS = 20

/** What nobody knows the end of is soon over, mostly. */
const RETRY_AFTER_SECONDS = '1'

/** What every 401 says (RFC 6750 §3), and nothing else where no token was presented. */
export const CHALLENGE = 'Bearer realm="jotter"'

/** Of a token that was presented (§3.1). */
const OF_TOKENS: readonly ErrorCode[] = [
  'api_key_invalid',
  'token_expired',
  'token_invalid',
  'user_unavailable',
]

/** A failure of ours, as opposed to a refusal. */
export const isFailure = (code: ErrorCode): boolean =>
  code === 'internal_error' || code === 'store_unavailable'

/** `request.refusal` is what the request log and the metrics say of a refused request. */
export interface Refusal {
  code: ErrorCode
  cause: unknown
}

declare module 'fastify' {
  interface FastifyRequest {
    refusal: Refusal | undefined
    /** The shape of the address, where the method has no route. */
    errorShape: ErrorShape | undefined
  }
}

export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const { errorShape = request.errorShape ?? 'problem' } = request.routeOptions.config
  const shape = SHAPES[errorShape]
  const known = toServiceError(error)
  const answered = insteadOf(known, shape.instead)
  request.refusal = { code: answered.code, cause: known.status < 500 ? undefined : error }
  const names = headersOf(answered.code)
  if (names.includes('Retry-After')) reply.header('retry-after', RETRY_AFTER_SECONDS)
  if (names.includes('WWW-Authenticate')) {
    reply.header('www-authenticate', challengeOf(answered.code))
  }
  // What the error itself says comes last: it knows better.
  reply.code(answered.status).headers(answered.headers)
  if (isFailure(answered.code) && shape.emptyOnFailure && !wantsJson(request)) {
    reply.header('content-type', 'text/plain').send('')
    return
  }
  // As bytes: to text Fastify would add a charset, which some of the types do not have.
  const body = Buffer.from(shape.text(answered, request.id))
  reply.header('content-type', shape.contentType).send(body)
}

const challengeOf = (code: ErrorCode): string =>
  OF_TOKENS.includes(code)
    ? `${CHALLENGE}, error="invalid_token", error_description="${ERRORS[code].title}"`
    : CHALLENGE

function insteadOf(error: ServiceError, codes: Shape['instead']): ServiceError {
  const other = codes?.[error.code]
  return other === undefined
    ? error
    : new ServiceError(other, { detail: error.detail ?? error.message })
}

export const wantsJson = (request: FastifyRequest): boolean => wants(request, 'application/json')

/**
 * Whether `type` is asked for by name, and no less than plain text (RFC 9110 §12.5.1). The `*∕*` of a
 * browser or curl does not ask for it.
 */
export function wants({ headers }: FastifyRequest, type: string): boolean {
  const accept = headers.accept?.toLowerCase()
  if (accept === undefined || !accept.includes(type)) return false
  const weight = weightIn(accept, type)
  return weight > 0 && weight >= weightIn(accept, 'text/plain')
}

function weightIn(accept: string, type: string): number {
  const ranges = accept.split(',').map((range) => range.split(';').map((part) => part.trim()))
  const parameters = ranges.find(([name]) => name === type)
  const q = parameters?.find((part) => part.startsWith('q='))
  return parameters === undefined ? 0 : Number(q?.slice(2) ?? 1)
}

function toServiceError(error: unknown): ServiceError {
  if (error instanceof ServiceError) return error
  if (error instanceof StoreUnavailable)
    return new ServiceError('store_unavailable', { cause: error })
  if (error instanceof KeyServerUnavailable)
    return new ServiceError('key_server_unavailable', { cause: error })
  const { validation, validationContext, code, statusCode } = error as Partial<FastifyError>
  if (validation !== undefined) {
    return new ServiceError('invalid_request', {
      detail: `the ${validationContext ?? 'request'} does not have the expected shape`,
      fields: validation.slice(0, MAX_FIELDS).map(toField),
    })
  }
  if (statusCode !== undefined && statusCode < 500) {
    return new ServiceError(OF_FASTIFY[code ?? ''] ?? 'invalid_request')
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
  const name = member?.replaceAll('~', '~0').replaceAll('/', '~1')
  const pointer = name === undefined ? instancePath : `${instancePath}/${name}`
  return { pointer, detail: message ?? 'is not valid' }
}
