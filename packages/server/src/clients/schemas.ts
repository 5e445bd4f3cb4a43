/** JSON Schemas of requests and answers about clients; their types are inferred from them. */
import { TIME } from '../http.ts'
import { pageSchema } from '../paging.ts'
import { BOUNDS, DEFAULT_POLICY } from './service.ts'
import { MAX_KEYS } from './store.ts'

export const CLIENT_ID = {
  type: 'string',
  description:
    '`iss` of its request tokens, unique among all customers: 1 to 128 characters of A-Z a-z 0-9 . _ ~ : @ - that begin with a letter or a digit, but no UUID of version 7.',
  examples: ['app1'],
} as const

export const KID = {
  type: 'string',
  description: 'The `kid` of the JWK, or the thumbprint of the key (RFC 7638).',
} as const

export const JWK = {
  type: 'object',
  additionalProperties: true,
  description: 'A public JWK. Without `alg` an RSA key is for RS256.',
} as const

const GIVEN_KEYS = {
  public_key: { type: 'string', description: 'The public key as SPKI PEM.' },
  jwk: JWK,
  jwks: {
    type: 'object',
    required: ['keys'],
    additionalProperties: false,
    properties: { keys: { type: 'array', minItems: 1, maxItems: MAX_KEYS, items: JWK } },
  },
} as const

const within = ([minimum, maximum]: readonly [number, number]) => ({ minimum, maximum })

const POLICY = {
  not_before_seconds: {
    type: 'integer',
    ...within(BOUNDS.notBeforeSeconds),
    description: `From the login until the use token begins. Default ${DEFAULT_POLICY.notBeforeSeconds}.`,
  },
  lifetime_seconds: {
    type: 'integer',
    ...within(BOUNDS.lifetimeSeconds),
    description: `From the login until the use token ends; more than not_before_seconds. Default ${DEFAULT_POLICY.lifetimeSeconds}.`,
  },
  max_uses: {
    type: ['integer', 'null'],
    ...within(BOUNDS.maxUses),
    description: 'How often one use token may be used; null: any number of times.',
  },
  audience: {
    type: ['string', 'null'],
    pattern: '^[\\u0021-\\u007e]{1,255}$',
    description: '`aud` of the use token; null: that of this service.',
  },
  strict: {
    type: ['boolean', 'null'],
    description:
      'Whether RFC 7523 holds for its request tokens; null: in the production profile it does.',
  },
} as const

const DISABLED = {
  type: 'boolean',
  description: 'Then it cannot log in, and its keys are not given to others.',
} as const

export const NEW_CLIENT = {
  type: 'object',
  required: ['id'],
  additionalProperties: false,
  description: 'With one of public_key, jwk and jwks.',
  properties: { id: CLIENT_ID, ...GIVEN_KEYS, ...POLICY },
} as const

export const CLIENT_CHANGE = {
  type: 'object',
  additionalProperties: false,
  properties: { ...POLICY, disabled: DISABLED },
} as const

export const NEW_CLIENT_KEY = {
  type: 'object',
  additionalProperties: false,
  description: 'One of public_key and jwk.',
  properties: { public_key: GIVEN_KEYS.public_key, jwk: JWK },
} as const

const CLIENT_PROPERTIES = {
  id: CLIENT_ID,
  customer_id: { type: 'string' },
  ...POLICY,
  disabled: DISABLED,
  created_at: TIME,
  updated_at: TIME,
} as const

export const CLIENT_KEY = {
  type: 'object',
  properties: {
    kid: KID,
    alg: { type: 'string', description: 'The one algorithm that it verifies.' },
    created_at: TIME,
    jwk: JWK,
  },
} as const

const KEYS = {
  type: 'array',
  items: CLIENT_KEY,
  description: 'In the order in which they were registered.',
} as const

export const CLIENT = {
  type: 'object',
  properties: { ...CLIENT_PROPERTIES, keys: KEYS },
} as const

export const CLIENT_PAGE = pageSchema({ type: 'object', properties: CLIENT_PROPERTIES })

export const CLIENT_KEYS = {
  type: 'object',
  required: ['items'],
  properties: { items: KEYS },
} as const

export const PATH_OF_CLIENT = {
  type: 'object',
  required: ['id'],
  properties: { id: CLIENT_ID },
} as const

export const PATH_OF_KEY = {
  type: 'object',
  required: ['id', 'kid'],
  properties: { id: CLIENT_ID, kid: KID },
} as const
