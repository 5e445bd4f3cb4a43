/**
 * API keys: who may call what. The secret of a key is shown once, in the answer that makes it.
 *
 *     POST   /v1/api-keys       { name, scopes, customer_id?, expires_at? } -> 201 the key and its secret
 *     GET    /v1/api-keys       -> 200 { items }, without secrets
 *     DELETE /v1/api-keys/{id}  -> 204
 *
 * @module
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { timeText } from '../http.ts'
import type { ApiKeyService } from './service.ts'
import { type ApiKey, SCOPES } from './store.ts'

const Time = Type.String({ format: 'date-time' })

const NewKey = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 100, examples: ['checkout backend'] }),
    scopes: Type.Array(Type.Enum([...SCOPES]), { minItems: 1, maxItems: SCOPES.length }),
    customer_id: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
    expires_at: Type.Optional(Time),
  },
  { additionalProperties: false },
)

const Key = Type.Object({
  id: Type.String(),
  name: Type.String(),
  scopes: Type.Array(Type.String()),
  customer_id: Type.String(),
  created_at: Time,
  expires_at: Type.Union([Time, Type.Null()]),
})

const KeyWithSecret = Type.Object({
  ...Key.properties,
  secret: Type.String({ description: 'The whole key, `jot_<id>_<secret>`. Shown this once.' }),
})

export function apiKeyRoutes(service: ApiKeyService): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.post(
      '/v1/api-keys',
      {
        config: {
          access: 'admin',
          errors: ['invalid_request', 'customer_not_found', 'store_unavailable'],
        },
        schema: { tags: ['api keys'], body: NewKey, response: { 201: KeyWithSecret } },
      },
      async ({ body }, reply) => {
        const { secret, ...key } = await service.create({
          name: body.name,
          scopes: body.scopes,
          customerId: body.customer_id,
          expiresAt: body.expires_at === undefined ? undefined : Date.parse(body.expires_at),
        })
        reply.code(201)
        return { ...keyAnswer(key), secret }
      },
    )

    app.get(
      '/v1/api-keys',
      {
        config: { access: 'admin', errors: ['store_unavailable'] },
        schema: { tags: ['api keys'], response: { 200: Type.Object({ items: Type.Array(Key) }) } },
      },
      async () => ({ items: (await service.list()).map(keyAnswer) }),
    )

    app.delete(
      '/v1/api-keys/:id',
      {
        config: { access: 'admin', errors: ['api_key_not_found', 'store_unavailable'] },
        schema: { tags: ['api keys'], response: { 204: Type.Null() } },
      },
      async (request, reply) => {
        await service.remove((request.params as { id: string }).id)
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
