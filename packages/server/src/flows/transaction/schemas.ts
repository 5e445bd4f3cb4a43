/** JSON Schemas of the flow's requests and answers; their types are inferred from them. */

import { TIME } from '../../http.ts'
import { AFTER, LIMIT, pageSchema } from '../../paging.ts'

const XID = {
  type: 'string',
  description:
    'Unique per customer: 1 to 100 characters of A-Z a-z 0-9 . _ ~ - but not . or .. alone',
  examples: ['order-4711'],
} as const

const PHONE_NUMBER = {
  type: 'string',
  description: 'E.164, digits only.',
  examples: ['15555551212'],
} as const

const WRITTEN_PHONE_NUMBER = {
  type: 'string',
  maxLength: 40,
  description: 'E.164 with or without +; spaces, dots, dashes and brackets are ignored.',
  examples: ['+1 (555) 555-1212'],
} as const

const STATUS = {
  type: 'string',
  enum: ['issued', 'presented', 'completed', 'failed', 'revoked', 'expired'],
} as const

const TEXT_OR_NULL = { type: ['string', 'null'] } as const

export const PATH_OF_PHONE = {
  type: 'object',
  required: ['phone_number'],
  properties: { phone_number: PHONE_NUMBER },
} as const

export const PATH_OF_PHONE_AND_XID = {
  type: 'object',
  required: ['phone_number', 'xid'],
  properties: { phone_number: PHONE_NUMBER, xid: XID },
} as const

export const PATH_OF_XID = {
  type: 'object',
  required: ['xid'],
  properties: { xid: XID },
} as const

export const ISSUE_HEADERS = {
  type: 'object',
  properties: {
    'idempotency-key': {
      type: 'string',
      description: 'Repeats within 24 hours get the first answer. 1 to 255 printable characters.',
    },
  },
} as const

export const ISSUE_BODY = {
  type: 'object',
  required: ['phone_number'],
  additionalProperties: false,
  properties: { phone_number: WRITTEN_PHONE_NUMBER, xid: XID },
} as const

export const ISSUE_ANSWER = {
  type: 'object',
  required: ['token', 'xid', 'phone_number', 'issued_at', 'expires_at'],
  properties: {
    token: { type: 'string', description: 'Compact JWT, HS256, valid for 80 seconds from now.' },
    xid: XID,
    phone_number: PHONE_NUMBER,
    issued_at: TIME,
    expires_at: TIME,
  },
} as const

/** Of the tutorial's routes: text, or JSON for who asks for it. */
export const TOKEN_ANSWER = {
  content: {
    'text/plain': { schema: { type: 'string', description: 'The compact JWT and nothing else.' } },
    'application/json': { schema: ISSUE_ANSWER },
  },
} as const

const LISTED_PROPERTIES = {
  xid: XID,
  customer_id: { type: 'string' },
  phone_number: PHONE_NUMBER,
  status: STATUS,
  issued_at: TIME,
  expires_at: TIME,
  updated_at: TIME,
  reference_id: TEXT_OR_NULL,
} as const

export const WHOLE_TRANSACTION = {
  type: 'object',
  required: [
    'xid',
    'customer_id',
    'phone_number',
    'status',
    'issued_at',
    'expires_at',
    'updated_at',
    'reference_id',
    'history',
  ],
  properties: {
    ...LISTED_PROPERTIES,
    token: { type: 'string', description: 'The latest token; with STORE_TOKENS=full.' },
    token_sha256: { type: 'string', description: 'Hex; with STORE_TOKENS=digest.' },
    history: {
      type: 'array',
      items: {
        type: 'object',
        required: ['status', 'at', 'by', 'detail'],
        properties: {
          status: STATUS,
          at: TIME,
          by: {
            type: 'string',
            description: 'The id of the API key, `open` without one, or `cli`.',
          },
          detail: TEXT_OR_NULL,
        },
      },
    },
  },
} as const

export const LIST_QUERY = {
  type: 'object',
  additionalProperties: false,
  properties: {
    phone_number: WRITTEN_PHONE_NUMBER,
    status: STATUS,
    from: TIME,
    to: TIME,
    limit: LIMIT,
    after: AFTER,
  },
} as const

export const TRANSACTION_PAGE = pageSchema({ type: 'object', properties: LISTED_PROPERTIES })
