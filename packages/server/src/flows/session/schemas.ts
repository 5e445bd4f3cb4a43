/** JSON Schemas of the flow's requests and answers; their types are inferred from them. */
import { TIME } from '../../http.ts'
import { EMAIL, NEW_PASSWORD, USERNAME } from '../../users/members.ts'

/** One that may be anybody's: longer ones are refused before anything is hashed. */
const PASSWORD = { type: 'string', minLength: 1, maxLength: 1024, writeOnly: true } as const

const ACCESS_TOKEN = {
  type: 'string',
  description: 'Compact JWT (RFC 9068), for `Authorization: Bearer`.',
} as const

const REFRESH_TOKEN = {
  type: 'string',
  description: 'For `POST /token/refresh`, once: the answer holds the next one.',
} as const

const SUCCESS = { type: 'string', enum: ['success'] } as const

/** The password and one of the two names. */
export const LOGIN_BODY = {
  type: 'object',
  required: ['password'],
  minProperties: 2,
  maxProperties: 2,
  additionalProperties: false,
  properties: { email: EMAIL, username: USERNAME, password: PASSWORD },
} as const

export const TOKEN_BODY = {
  type: 'object',
  required: ['username', 'password'],
  additionalProperties: false,
  properties: { username: USERNAME, password: PASSWORD },
} as const

export const REFRESH_BODY = {
  type: 'object',
  required: ['refresh_token'],
  additionalProperties: false,
  properties: { refresh_token: REFRESH_TOKEN },
} as const

export const PASSWORD_BODY = {
  type: 'object',
  required: ['current_password', 'new_password'],
  additionalProperties: false,
  properties: { current_password: PASSWORD, new_password: NEW_PASSWORD },
} as const

export const LOGOUT_QUERY = {
  type: 'object',
  additionalProperties: false,
  properties: {
    everywhere: {
      type: 'string',
      enum: ['true', 'false'],
      description: '`true` ends all sessions of the user.',
    },
  },
} as const

export const DONE_ANSWER = {
  type: 'object',
  required: ['status', 'message'],
  properties: { status: SUCCESS, message: { type: 'string' } },
} as const

export const LOGIN_ANSWER = {
  type: 'object',
  required: ['status', 'message', 'auth_token', 'refresh_token'],
  properties: {
    status: SUCCESS,
    message: { type: 'string' },
    auth_token: ACCESS_TOKEN,
    refresh_token: REFRESH_TOKEN,
  },
} as const

export const TOKEN_ANSWER = {
  type: 'object',
  required: ['token', 'user_id', 'token_type', 'expires_in', 'refresh_token'],
  properties: {
    token: ACCESS_TOKEN,
    user_id: { type: 'string', description: '`sub` of the token.' },
    token_type: { type: 'string', enum: ['Bearer'] },
    expires_in: { type: 'integer', description: 'Seconds.' },
    refresh_token: REFRESH_TOKEN,
  },
} as const

export const STATUS_ANSWER = {
  type: 'object',
  required: ['status', 'data'],
  properties: {
    status: SUCCESS,
    data: {
      type: 'object',
      required: ['id', 'username', 'email', 'active', 'created_at'],
      properties: {
        id: { type: 'string' },
        username: { type: 'string', description: 'As it was given.' },
        email: { type: 'string', description: 'As it was given.' },
        active: { type: 'boolean' },
        created_at: TIME,
      },
    },
  },
} as const
