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
import { type Key, publicJwks } from '@jotter/token'
import type { FastifyPluginAsync } from 'fastify'

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
  /** Those in force now; one may stand there twice. */
  keys: () => readonly Key[]
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
      const all = keys().flatMap((key) => publicJwks(key).keys)
      const byKid = new Map(all.map((key) => [key.kid, key]))
      const text = JSON.stringify({ keys: [...byKid.values()] })
      const etag = `"${hash('sha256', text, 'base64url')}"`
      reply.headers({ etag, 'cache-control': `public, max-age=${maxAgeSeconds}` })
      if (names(headers['if-none-match'], etag)) return reply.code(304).send()
      // Bytes, since to a text of JSON Fastify adds a charset, which the media type does not have.
      return reply.header('content-type', MEDIA_TYPE).send(Buffer.from(text))
    })
  }
}

/** Whether a list of entity tags has this one, by the weak comparison (RFC 9110 §13.1.2). */
const names = (list: string | undefined, etag: string): boolean =>
  list?.split(',').some((item) => ['*', etag, `W/${etag}`].includes(item.trim())) ?? false
