/**
 * How an error looks in an answer, one row for each shape: a source document or an RFC decides which
 * routes have which. Knows no request and no reply, so that the OpenAPI document shows the same.
 */
import { documentedMessage, ERRORS, type ErrorCode, type ServiceError } from './errors.ts'

export type ErrorShape = 'problem' | 'empty' | 'auth' | 'msg'

export interface Shape {
  readonly contentType: string
  /** The body of an answer. */
  text(error: ServiceError, requestId: string): string
  /** A failure of ours is an empty text to who does not ask for JSON. */
  readonly emptyOnFailure?: true
  /** Codes that the document has no status for, and what it answers instead. */
  readonly instead?: Readonly<Partial<Record<ErrorCode, ErrorCode>>>
}

const JSON_TYPE = 'application/json; charset=utf-8'

const PROBLEM: Shape = {
  contentType: 'application/problem+json',
  text({ code, detail, fields }, requestId) {
    const { status, title } = ERRORS[code]
    return JSON.stringify({
      type: `/docs/errors#${code}`,
      title,
      status,
      detail: detail ?? title,
      code,
      request_id: requestId,
      errors: fields,
    })
  },
}

export const SHAPES: Readonly<Record<ErrorShape, Shape>> = {
  /** RFC 9457. */
  problem: PROBLEM,
  /** TeleSign's tutorial. */
  empty: { ...PROBLEM, emptyOnFailure: true },
  /** testdriven.io: the routes below /auth. */
  auth: {
    contentType: JSON_TYPE,
    text: (error, request_id) =>
      JSON.stringify({
        status: 'error',
        message: messageOf(error),
        code: error.code,
        request_id,
        errors: fieldsOf(error),
      }),
  },
  /** Flask-JWT-Extended: /token. */
  msg: {
    contentType: JSON_TYPE,
    text: (error, request_id) =>
      JSON.stringify({
        msg: messageOf(error),
        // The document shows this one body whole.
        ...(error.code !== 'credentials_invalid' && {
          code: error.code,
          request_id,
          errors: fieldsOf(error),
        }),
      }),
    instead: { unsupported_media_type: 'invalid_request' },
  },
}

const messageOf = ({ code, detail }: ServiceError): string =>
  documentedMessage(code) ?? detail ?? ERRORS[code].title

/** What is wrong, also where the message has no room for the detail. */
function fieldsOf({ code, detail, fields }: ServiceError) {
  if (fields !== undefined) return fields
  const isLost = detail !== undefined && documentedMessage(code) !== undefined
  return isLost ? [{ pointer: '', detail }] : undefined
}
