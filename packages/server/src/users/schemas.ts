/** JSON Schemas of what operators ask about users, and of the answers; types are inferred from them. */
import { TIME } from '../http.ts'
import { AFTER, LIMIT, pageSchema } from '../paging.ts'
import { EMAIL, NEW_PASSWORD, USERNAME } from './members.ts'

/** In one request: what fits into a body, and its 256 members. */
export const MAX_IMPORT_ROWS = 50

export const PASSWORD_BODY = {
  type: 'object',
  required: ['password'],
  additionalProperties: false,
  properties: { password: NEW_PASSWORD },
} as const

export const LIST_QUERY = {
  type: 'object',
  additionalProperties: false,
  properties: {
    status: { type: 'string', enum: ['active', 'disabled'] },
    username: { type: 'string', description: 'Only the one who has it, in any spelling.' },
    email: { type: 'string', description: 'Only the one who has it, in any spelling.' },
    limit: LIMIT,
    after: AFTER,
  },
} as const

export const PATH_OF_USER = {
  type: 'object',
  required: ['id'],
  properties: { id: { type: 'string' } },
} as const

export const USER = {
  type: 'object',
  required: ['id', 'username', 'email', 'active', 'created_at', 'updated_at', 'last_login_at'],
  properties: {
    id: { type: 'string', description: '`sub` of the tokens.' },
    username: { type: 'string', description: 'As it was given.' },
    email: { type: 'string', description: 'As it was given.' },
    active: { type: 'boolean' },
    created_at: TIME,
    updated_at: TIME,
    last_login_at: { ...TIME, type: ['string', 'null'] },
  },
} as const

export const USER_PAGE = pageSchema(USER)

export const REVOKED = {
  type: 'object',
  required: ['id', 'sessions_ended'],
  properties: {
    id: { type: 'string' },
    sessions_ended: { type: 'integer', description: 'How many were open.' },
  },
} as const

export const IMPORT_BODY = {
  type: 'object',
  required: ['users'],
  additionalProperties: false,
  properties: {
    users: {
      type: 'array',
      minItems: 1,
      maxItems: MAX_IMPORT_ROWS,
      items: {
        type: 'object',
        required: ['username', 'email', 'password_hash'],
        additionalProperties: false,
        properties: {
          username: USERNAME,
          email: EMAIL,
          password_hash: {
            type: 'string',
            writeOnly: true,
            description: 'bcrypt (`$2a$`, `$2b$`, `$2y$`) or argon2 in PHC format.',
          },
          active: { type: 'boolean' },
          created_at: { type: 'string', description: 'RFC 3339, from 1970 to now.' },
        },
      },
    },
    dry_run: { type: 'boolean', description: '`true` keeps nothing.' },
  },
} as const

export const IMPORT_ANSWER = {
  type: 'object',
  required: ['items'],
  properties: {
    items: {
      type: 'array',
      description: 'One for each user, in the same order.',
      items: {
        type: 'object',
        required: ['outcome'],
        properties: {
          outcome: { type: 'string', enum: ['imported', 'existing', 'conflict', 'invalid'] },
          reason: { type: 'string', description: 'Of the last two.' },
        },
      },
    },
  },
} as const
