/**
 * The signing keys, for who may replace them.
 *
 *     GET  /v1/keys         -> 200 { items }: public parts, states and dates, oldest first
 *     POST /v1/keys/rotate  { alg?, emergency?, dry_run? } -> 200 { items }: what was begun, and its dates
 *     POST /v1/keys/{kid}/promote -> 200 the key, which signs now
 *     POST /v1/keys/{kid}/retire  { emergency?, unused? } -> 200 the key, which is at its end
 *
 * Without `alg` it is every algorithm that has a key here. A rotation that has begun is not
 * begun again: it answers with the key that waits. In an emergency another key signs at once, and the
 * tokens of the one before are refused.
 *
 * @module
 */
import type { FastifyPluginAsyncJsonSchemaToTs } from '@fastify/type-provider-json-schema-to-ts'
import { TIME } from '../http.ts'
import { rotationsAnswer, signingKeyAnswer, signingKeysAnswer } from './answers.ts'
import type { KeyService } from './service.ts'

const TIME_OR_NULL = { ...TIME, type: ['string', 'null'] } as const
const KID = { type: 'string', description: 'The thumbprint of RFC 7638.' } as const
const KID_OR_NULL = { ...KID, type: ['string', 'null'] } as const

const KEY = {
  type: 'object',
  required: ['kid', 'alg', 'state', 'created_at', 'state_at'],
  properties: {
    kid: KID,
    alg: { type: 'string', examples: ['ES256'] },
    state: { type: 'string', enum: ['next', 'active', 'retiring', 'retired'] },
    created_at: TIME,
    state_at: { ...TIME, description: 'When it took its state.' },
    promote_at: { ...TIME_OR_NULL, description: 'Of `next`: from when on it may sign.' },
    retire_at: { ...TIME_OR_NULL, description: 'Of `retiring`: until then it verifies.' },
    public_jwk: { type: 'object', additionalProperties: { type: 'string' } },
  },
} as const

const KEYS = {
  type: 'object',
  required: ['items'],
  properties: { items: { type: 'array', items: KEY } },
} as const

const ROTATION = {
  type: ['object', 'null'],
  additionalProperties: false,
  properties: {
    alg: { type: 'string', maxLength: 32, examples: ['ES256'] },
    emergency: {
      type: 'boolean',
      description: 'At once, and without the tokens of the key before.',
    },
    dry_run: { type: 'boolean', description: 'Only says what would be done.' },
  },
} as const

const RETIREMENT = {
  type: ['object', 'null'],
  additionalProperties: false,
  properties: {
    emergency: { type: 'boolean', description: 'At once: its tokens are refused.' },
    unused: { type: 'boolean', description: 'No node signs with its algorithm any more.' },
  },
} as const

const PATH_OF_KID = {
  type: 'object',
  required: ['kid'],
  properties: { kid: KID },
} as const

const PLAN = {
  type: 'object',
  required: ['alg', 'kid', 'promote_at', 'replaces', 'retire_at', 'emergency'],
  properties: {
    alg: { type: 'string' },
    kid: { ...KID_OR_NULL, description: 'Who signs from `promote_at` on; null when not made yet.' },
    promote_at: TIME,
    replaces: KID_OR_NULL,
    retire_at: { ...TIME_OR_NULL, description: 'Until then the key before verifies.' },
    emergency: { type: 'boolean' },
  },
} as const

const PLANS = {
  type: 'object',
  required: ['items'],
  properties: { items: { type: 'array', items: PLAN } },
} as const

export function rotationRoutes(service: KeyService): FastifyPluginAsyncJsonSchemaToTs {
  return async (app) => {
    app.get(
      '/v1/keys',
      {
        config: { access: 'keys', errors: ['store_unavailable'] },
        schema: {
          tags: ['keys'],
          summary: 'The signing keys without their private halves, oldest first',
          response: { 200: KEYS },
        },
      },
      async () => signingKeysAnswer(await service.list()),
    )

    app.post(
      '/v1/keys/rotate',
      {
        config: { access: 'keys', errors: ['key_conflict', 'key_damaged', 'store_unavailable'] },
        schema: {
          tags: ['keys'],
          summary: 'Makes the key that signs next',
          body: ROTATION,
          response: { 200: PLANS },
        },
      },
      async ({ body }) =>
        rotationsAnswer(
          await service.rotate({
            alg: body?.alg,
            emergency: body?.emergency,
            dryRun: body?.dry_run,
          }),
        ),
    )

    const ofOne = [
      ...(['key_not_found', 'key_conflict', 'key_damaged', 'store_unavailable'] as const),
    ]
    app.post(
      '/v1/keys/:kid/promote',
      {
        config: { access: 'keys', errors: [...ofOne, 'key_not_ready'] },
        schema: {
          tags: ['keys'],
          summary: 'Lets a key sign that was published long enough',
          params: PATH_OF_KID,
          response: { 200: KEY },
        },
      },
      async ({ params }) => signingKeyAnswer(await service.promote(params.kid)),
    )

    app.post(
      '/v1/keys/:kid/retire',
      {
        config: { access: 'keys', errors: [...ofOne, 'key_in_use'] },
        schema: {
          tags: ['keys'],
          summary: 'Ends a key that no token needs, or any in an emergency',
          params: PATH_OF_KID,
          body: RETIREMENT,
          response: { 200: KEY },
        },
      },
      async ({ params, body }) => signingKeyAnswer(await service.retire(params.kid, body ?? {})),
    )
  }
}
