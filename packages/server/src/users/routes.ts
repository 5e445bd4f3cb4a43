/**
 * Users, for operators. No answer holds a password or a hash.
 *
 *     POST  /v1/users                 { username, email, password } -> 201 the user
 *     GET   /v1/users[/{id}]          -> 200 { items, next } or the user
 *     POST  /v1/users/{id}/disable    -> 200 the user; all sessions have ended
 *     POST  /v1/users/{id}/enable     -> 200 the user
 *     POST  /v1/users/{id}/revoke     -> 200 { id, sessions_ended }
 *     POST  /v1/users/{id}/password   { password } -> 200 the user; all sessions have ended
 *     POST  /v1/users/import          { users, dry_run? } -> 200 { items }, what became of each
 *
 * @module
 */
import type { FastifyPluginAsyncJsonSchemaToTs } from '@fastify/type-provider-json-schema-to-ts'
import { forScope, given } from '../http.ts'
import { madePosition } from '../paging.ts'
import { importAnswer, revokedAnswer, userAnswer, userPageAnswer } from './answers.ts'
import { NEW_USER } from './members.ts'
import {
  IMPORT_ANSWER,
  IMPORT_BODY,
  LIST_QUERY,
  PASSWORD_BODY,
  PATH_OF_USER,
  REVOKED,
  USER,
  USER_PAGE,
} from './schemas.ts'
import type { UserService } from './service.ts'

const asks = forScope('users')

export function userRoutes(service: UserService): FastifyPluginAsyncJsonSchemaToTs {
  return async (app) => {
    app.post(
      '/v1/users',
      {
        config: asks('user_taken', 'busy'),
        schema: {
          tags: ['users'],
          summary: 'A new user, who is not logged in',
          body: NEW_USER,
          response: { 201: USER },
        },
      },
      async ({ body }, reply) => {
        const user = await service.create(body)
        reply.code(201).header('location', `/v1/users/${user.id}`)
        return userAnswer(user)
      },
    )

    app.get(
      '/v1/users',
      {
        config: asks(),
        schema: {
          tags: ['users'],
          summary: 'Users, newest first, or the one with a name',
          querystring: LIST_QUERY,
          response: { 200: USER_PAGE },
        },
      },
      async ({ query: { status, username, email, limit, after } }) =>
        userPageAnswer(
          await service.list({
            username,
            email,
            active: given(status, (text) => text === 'active'),
            after: given(after, madePosition)?.id,
            limit: Number(limit),
          }),
        ),
    )

    app.get(
      '/v1/users/:id',
      {
        config: asks('user_not_found'),
        schema: {
          tags: ['users'],
          summary: 'One user',
          params: PATH_OF_USER,
          response: { 200: USER },
        },
      },
      async ({ params }) => userAnswer(await service.get(params.id)),
    )

    app.post(
      '/v1/users/:id/disable',
      {
        config: asks('user_not_found'),
        schema: {
          tags: ['users'],
          summary: 'Refuses a user, and ends every session',
          params: PATH_OF_USER,
          response: { 200: USER },
        },
      },
      async ({ params }) => userAnswer(await service.setActive(params.id, false)),
    )

    app.post(
      '/v1/users/:id/enable',
      {
        config: asks('user_not_found'),
        schema: {
          tags: ['users'],
          summary: 'Lets a user log in again',
          params: PATH_OF_USER,
          response: { 200: USER },
        },
      },
      async ({ params }) => userAnswer(await service.setActive(params.id, true)),
    )

    app.post(
      '/v1/users/:id/revoke',
      {
        config: asks('user_not_found'),
        schema: {
          tags: ['users'],
          summary: 'Ends every session of a user',
          params: PATH_OF_USER,
          response: { 200: REVOKED },
        },
      },
      async ({ params: { id } }) => revokedAnswer(id, await service.revoke(id)),
    )

    app.post(
      '/v1/users/:id/password',
      {
        config: asks('user_not_found', 'busy'),
        schema: {
          tags: ['users'],
          summary: 'Another password, and every session ends',
          params: PATH_OF_USER,
          body: PASSWORD_BODY,
          response: { 200: USER },
        },
      },
      async ({ params, body }) => userAnswer(await service.setPassword(params.id, body.password)),
    )

    app.post(
      '/v1/users/import',
      {
        config: asks(),
        schema: {
          tags: ['users'],
          summary: 'Users of another system, with the hashes that they have',
          body: IMPORT_BODY,
          response: { 200: IMPORT_ANSWER },
        },
      },
      async ({ body: { users, dry_run = false } }) =>
        importAnswer(await service.importRows(users, dry_run)),
    )
  }
}
