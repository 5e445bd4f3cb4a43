/**
 * The public halves of the keys that user tokens and use tokens are signed with.
 *
 *     GET /.well-known/jwks.json  -> 200 a JWK Set (RFC 7517 §5), 304 to who has it already
 *
 * Without those of user tokens where SECRET_KEY signs: a secret has no public half.
 *
 * @module
 */
import { hash } from 'node:crypto'
import { publicJwk } from '@jotter/token'
import type { FastifyPluginAsync } from 'fastify'
import type { SigningKeys } from './signing-keys.ts'

/** RFC 7517 §8.5.2. */
const MEDIA_TYPE = 'application/jwk-set+json'

const JWK_SET = {
  type: 'object',
  required: ['keys'],
  properties: {
    keys: {
      type: 'array',
      items: {
        type: 'object',
        required: ['kty', 'use', 'alg', 'kid'],
        properties: {
          kty: { type: 'string', examples: ['EC'] },
          use: { type: 'string', enum: ['sig'] },
          alg: { type: 'string', examples: ['ES256'] },
          kid: { type: 'string', description: 'The thumbprint of RFC 7638.' },
        },
        additionalProperties: { type: 'string' },
      },
    },
  },
}

export interface KeyRoutesDeps {
  keys: Pick<SigningKeys, 'published'>
  /** How long others may keep them. */
  maxAgeSeconds: number
}

export function keyRoutes({ keys, maxAgeSeconds }: KeyRoutesDeps): FastifyPluginAsync {
  const response = {
    200: { description: 'The keys', content: { [MEDIA_TYPE]: { schema: JWK_SET } } },
    304: { description: 'They are those that If-None-Match names', type: 'null' },
  }
  const route = {
    config: { access: 'open' as const },
    schema: { tags: ['keys'], summary: 'The public keys of user tokens and use tokens', response },
  }

  return async (app) => {
    app.get('/.well-known/jwks.json', route, async ({ headers }, reply) => {
      const { keys: published, current } = await keys.published()
      const text = JSON.stringify({ keys: published.map(publicJwk) })
      const etag = `"${hash('sha256', text, 'base64url')}"`
      // Those that may be kept must not lack a key that was published long enough to sign.
      const kept = current ? `public, max-age=${maxAgeSeconds}` : 'no-cache'
      reply.headers({ etag, 'cache-control': kept })
      if (names(headers['if-none-match'], etag)) return reply.code(304).send()
      // Bytes, since to a text of JSON Fastify adds a charset, which the media type does not have.
      return reply.header('content-type', MEDIA_TYPE).send(Buffer.from(text))
    })
  }
}

/** Whether a list of entity tags has this one, by the weak comparison (RFC 9110 §13.1.2). */
const names = (list: string | undefined, etag: string): boolean =>
  list?.split(',').some((item) => ['*', etag, `W/${etag}`].includes(item.trim())) ?? false
