/**
 * Our own key server: the public key of a client, for whoever checks what it has signed.
 *
 *     GET /getkey?identity=NAME  ->  200 SPKI PEM, or a JWK for who asks for it
 *
 * @module
 */
import { importKey } from '@jotter/token'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { wants } from '../answer-error.ts'
import { CLIENT_ID, JWK, KID } from '../clients/schemas.ts'
import type { ClientService } from '../clients/service.ts'
import { publicPem } from '../public-key.ts'

const JWK_TYPE = 'application/jwk+json'

const QUERY = {
  type: 'object',
  required: ['identity'],
  additionalProperties: false,
  properties: {
    identity: CLIENT_ID,
    kid: { ...KID, description: 'Of several keys, this one and not the one registered last.' },
  },
} as const

const ANSWER = {
  content: {
    'text/plain': { schema: { type: 'string', description: 'The public key as SPKI PEM.' } },
    [JWK_TYPE]: { schema: JWK },
  },
} as const

export function keyServerRoutes(clients: Pick<ClientService, 'publicKey'>): FastifyPluginAsync {
  async function getKey(request: FastifyRequest, reply: FastifyReply) {
    const { identity, kid } = request.query as { identity: string; kid?: string }
    const { publicJwk } = await clients.publicKey(identity, kid)
    const isJwk = wants(request, JWK_TYPE)
    reply.header('content-type', isJwk ? JWK_TYPE : 'text/plain')
    // As bytes: to text Fastify would add a charset, which the type of a JWK does not have.
    return Buffer.from(isJwk ? publicJwk : publicPem(importKey(JSON.parse(publicJwk))))
  }

  return async (app) => {
    app.get(
      '/getkey',
      {
        config: {
          access: 'open',
          errors: [
            'client_id_invalid',
            'client_not_found',
            'client_key_not_found',
            'store_unavailable',
          ],
        },
        schema: {
          tags: ['clients'],
          summary: 'The public key of a client, the newest of several',
          querystring: QUERY,
          response: { 200: ANSWER },
        },
      },
      getKey,
    )
  }
}
