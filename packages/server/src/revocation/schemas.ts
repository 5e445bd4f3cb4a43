import { TIME } from '../http.ts'
import { AFTER } from '../paging.ts'

/** A query is text, and so is a number in it. */
export const FEED_LIMIT = {
  type: 'string',
  pattern: '^([1-9][0-9]{0,3}|10000)$',
  default: '1000',
} as const

export const FEED_WAIT = {
  type: 'string',
  pattern: '^([12]?[0-9]|30)$',
  default: '0',
} as const

export const FEED_QUERY = {
  type: 'object',
  additionalProperties: false,
  properties: { after: AFTER, wait: FEED_WAIT, limit: FEED_LIMIT },
} as const

const ITEM = {
  type: 'object',
  required: ['kind', 'value', 'revoked_at', 'expires_at'],
  properties: {
    kind: {
      type: 'string',
      enum: ['jti', 'sid', 'sub'],
      description: 'The claim by which tokens are refused.',
    },
    value: { type: 'string', examples: ['019a0000-0000-7000-8000-000000000000'] },
    not_before: {
      type: 'integer',
      description:
        'Of `sub`: tokens with an `iat` before this second (since 1970, UTC) are refused.',
    },
    revoked_at: TIME,
    expires_at: { ...TIME, description: 'When the last token that it refuses has expired.' },
  },
} as const

export const FEED_PAGE = {
  type: 'object',
  required: ['items', 'next', 'as_of'],
  properties: {
    items: { type: 'array', items: ITEM },
    next: { type: 'string', description: 'What `after` takes, on any node of the database.' },
    as_of: {
      ...TIME,
      description: 'What was revoked until then is told when a page has fewer items than `limit`.',
    },
  },
} as const
