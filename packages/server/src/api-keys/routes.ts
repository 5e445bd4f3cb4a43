/**
 * API keys: who may call what. The secret of a key is shown once, in the answer that makes it.
 *
 *     POST   /v1/api-keys       { name, scopes, customer_id?, expires_at? } -> 201 the key and its secret
 *     GET    /v1/api-keys       -> 200 { items, next }, without secrets
 *     DELETE /v1/api-keys/{id}  -> 204
 *
 * @module
 */
import type { FastifyPluginAsyncJsonSchemaToTs } from '@fastify/type-provider-json-schema-to-ts'
import { forScope, given, TIME, timeOf, timeText } from '../http.ts'
import {
  madeCursor,
  madePosition,
  PAGE_QUERY,
  type Page,
  pageAnswer,
  pageSchema,
} from '../paging.ts'
import type { ApiKeyService } from './service.ts'
import { type ApiKey, SCOPES } from './store.ts'

/** No NUL, which PostgreSQL cannot hold, and no half of a surrogate pair, which UTF-8 cannot. */
const STORABLE = { type: 'string', pattern: '^[^\\u0000\\ud800-\\udfff]*$' } as const

const NEW_KEY = {
  type: 'object',
  required: ['name', 'scopes'],
  additionalProperties: false,
  properties: {
    name: { ...STORABLE, minLength: 1, maxLength: 100, examples: ['checkout backend'] },
    scopes: {
      type: 'array',
      minItems: 1,
      maxItems: SCOPES.length,
      items: { type: 'string', enum: SCOPES },
    },
    customer_id: { ...STORABLE, minLength: 1, maxLength: 128 },
    expires_at: TIME,
  },
} as const

const KEY_PROPERTIES = {
  id: { type: 'string' },
  name: { type: 'string' },
  scopes: { type: 'array', items: { type: 'string' } },
  customer_id: { type: 'string' },
  created_at: TIME,
  expires_at: { ...TIME, type: ['string', 'null'] },
} as const

const KEY = { type: 'object', properties: KEY_PROPERTIES } as const

const KEY_WITH_SECRET = {
  type: 'object',
  properties: {
    ...KEY_PROPERTIES,
    secret: { type: 'string', description: 'The whole key, `jot_<id>_<secret>`. Shown this once.' },
  },
} as const

const PATH_OF_ID = {
  type: 'object',
  required: ['id'],
  properties: { id: { type: 'string' } },
} as const

const asks = forScope('admin')

export function apiKeyRoutes(service: ApiKeyService): FastifyPluginAsyncJsonSchemaToTs {
  return async (app) => {
    app.post(
      '/v1/api-keys',
      {
        config: asks('customer_not_found'),
        schema: {
          tags: ['api keys'],
          summary: 'A new key; its secret is shown this once',
          body: NEW_KEY,
          response: { 201: KEY_WITH_SECRET },
        },
      },
      async ({ body, caller }, reply) => {
        const { secret, ...key } = await service.create({
          name: body.name,
          scopes: body.scopes,
          customerId: body.customer_id ?? caller?.customerId,
          expiresAt: given(body.expires_at, (text) => timeOf(text, '/expires_at')),
        })
        reply.code(201)
        return { ...keyAnswer(key), secret }
      },
    )

    app.get(
      '/v1/api-keys',
      {
        config: asks(),
        schema: {
          tags: ['api keys'],
          summary: 'Keys without their secrets, oldest first',
          querystring: PAGE_QUERY,
          response: { 200: pageSchema(KEY) },
        },
      },
      async ({ query: { limit, after } }) =>
        keyPageAnswer(
          await service.list({ after: given(after, madePosition), limit: Number(limit) }),
        ),
    )

    app.delete(
      '/v1/api-keys/:id',
      {
        config: asks('api_key_not_found'),
        schema: {
          tags: ['api keys'],
          summary: 'Ends a key',
          params: PATH_OF_ID,
          response: { 204: { type: 'null', description: 'The key is gone.' } },
        },
      },
      async (request, reply) => {
        await service.remove(request.params.id)
        reply.code(204)
      },
    )
  }
}

/** Without the digest: nobody has a use for it. */
export const keyAnswer = ({ id, name, scopes, customerId, createdAt, expiresAt }: ApiKey) => ({
  id,
  name,
  scopes: [...scopes],
  customer_id: customerId,
  created_at: timeText(createdAt),
  expires_at: expiresAt === undefined ? null : timeText(expiresAt),
})

export const keyPageAnswer = (page: Page<ApiKey>) => pageAnswer(page, keyAnswer, madeCursor)
