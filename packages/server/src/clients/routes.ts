/**
 * Clients: machines that log in with a token signed by their own key. Only public keys are kept.
 *
 *     POST   /v1/clients                  { id, public_key | jwk | jwks, ... } -> 201 the client
 *     GET    /v1/clients[/{id}]           -> 200 { items, next } or the client with its keys
 *     PATCH  /v1/clients/{id}             { disabled, lifetime_seconds, ... } -> 200 the client
 *     DELETE /v1/clients/{id}             -> 204
 *     POST   /v1/clients/{id}/keys        { public_key | jwk } -> 201 the key
 *     GET    /v1/clients/{id}/keys        -> 200 { items }
 *     DELETE /v1/clients/{id}/keys/{kid}  -> 204, but not the last one
 *
 * @module
 */
import type { FastifyPluginAsyncJsonSchemaToTs } from '@fastify/type-provider-json-schema-to-ts'
import type { FastifyRequest } from 'fastify'
import type { Caller } from '../api-keys/service.ts'
import type { ErrorCode } from '../errors.ts'
import { forScope, given } from '../http.ts'
import { madePosition, PAGE_QUERY } from '../paging.ts'
import { clientKeyAnswer, clientPageAnswer, wholeClientAnswer } from './answers.ts'
import {
  CLIENT,
  CLIENT_CHANGE,
  CLIENT_KEY,
  CLIENT_KEYS,
  CLIENT_PAGE,
  NEW_CLIENT,
  NEW_CLIENT_KEY,
  PATH_OF_CLIENT,
  PATH_OF_KEY,
} from './schemas.ts'
import type { ClientService } from './service.ts'
import { changeOf } from './written.ts'

const asks = forScope('clients')
const OF_KEYS: readonly ErrorCode[] = ['public_key_invalid', 'private_key_refused']

export function clientRoutes(service: ClientService): FastifyPluginAsyncJsonSchemaToTs {
  return async (app) => {
    app.post(
      '/v1/clients',
      {
        config: asks('client_id_invalid', 'client_exists', ...OF_KEYS),
        schema: {
          tags: ['clients'],
          summary: 'A new client, with its public keys',
          body: NEW_CLIENT,
          response: { 201: CLIENT },
        },
      },
      async (request, reply) => {
        const { id, public_key, jwk, jwks, ...policy } = request.body
        const client = await service.create({
          id,
          customerId: customerOf(request),
          keys: { public_key, jwk, jwks },
          ...changeOf(policy),
        })
        reply.code(201).header('location', `/v1/clients/${client.id}`)
        return wholeClientAnswer(client)
      },
    )

    app.get(
      '/v1/clients',
      {
        config: asks(),
        schema: {
          tags: ['clients'],
          summary: 'Clients without their keys, oldest first',
          querystring: PAGE_QUERY,
          response: { 200: CLIENT_PAGE },
        },
      },
      async (request) => {
        const { limit, after } = request.query
        const page = await service.list({
          customerId: customerOf(request),
          after: given(after, madePosition),
          limit: Number(limit),
        })
        return clientPageAnswer(page)
      },
    )

    app.get(
      '/v1/clients/:id',
      {
        config: asks('client_not_found'),
        schema: {
          tags: ['clients'],
          summary: 'One client, with its keys',
          params: PATH_OF_CLIENT,
          response: { 200: CLIENT },
        },
      },
      async (request) =>
        wholeClientAnswer(await service.get(customerOf(request), request.params.id)),
    )

    app.patch(
      '/v1/clients/:id',
      {
        config: asks('client_not_found'),
        schema: {
          tags: ['clients'],
          summary: 'Changes what a client is given, or disables it',
          params: PATH_OF_CLIENT,
          body: CLIENT_CHANGE,
          response: { 200: CLIENT },
        },
      },
      async (request) => {
        const { params, body } = request
        const client = await service.update(customerOf(request), params.id, changeOf(body))
        return wholeClientAnswer(client)
      },
    )

    app.delete(
      '/v1/clients/:id',
      {
        config: asks('client_not_found'),
        schema: {
          tags: ['clients'],
          summary: 'Ends a client and forgets its keys',
          params: PATH_OF_CLIENT,
          response: { 204: { type: 'null', description: 'The client is gone.' } },
        },
      },
      async (request, reply) => {
        await service.remove(customerOf(request), request.params.id)
        reply.code(204)
      },
    )

    app.post(
      '/v1/clients/:id/keys',
      {
        config: asks('client_not_found', 'client_key_exists', 'too_many_client_keys', ...OF_KEYS),
        schema: {
          tags: ['clients'],
          summary: 'One more key of a client, which is now its newest',
          params: PATH_OF_CLIENT,
          body: NEW_CLIENT_KEY,
          response: { 201: CLIENT_KEY },
        },
      },
      async (request, reply) => {
        const { params, body } = request
        const key = await service.addKey(customerOf(request), params.id, body)
        reply.code(201).header('location', `/v1/clients/${params.id}/keys/${key.kid}`)
        return clientKeyAnswer(key)
      },
    )

    app.get(
      '/v1/clients/:id/keys',
      {
        config: asks('client_not_found'),
        schema: {
          tags: ['clients'],
          summary: 'The public keys of a client',
          params: PATH_OF_CLIENT,
          response: { 200: CLIENT_KEYS },
        },
      },
      async (request) => {
        const { keys } = await service.get(customerOf(request), request.params.id)
        return { items: keys.map(clientKeyAnswer) }
      },
    )

    app.delete(
      '/v1/clients/:id/keys/:kid',
      {
        config: asks('client_not_found', 'client_key_not_found', 'last_client_key'),
        schema: {
          tags: ['clients'],
          summary: 'Forgets a key of a client, which has others',
          params: PATH_OF_KEY,
          response: { 204: { type: 'null', description: 'The key is gone.' } },
        },
      },
      async (request, reply) => {
        const { id, kid } = request.params
        await service.removeKey(customerOf(request), id, kid)
        reply.code(204)
      },
    )
  }
}

/** Whose clients the caller's API key is for. */
const customerOf = ({ caller }: FastifyRequest): string => (caller as Caller).customerId
