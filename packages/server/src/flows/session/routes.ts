/**
 * Users and their sessions, as two tutorials have them.
 *
 *     POST /auth/register  { username, email, password }         ->  201 both tokens
 *     POST /auth/login     { email or username, password }       ->  200 both tokens
 *     GET  /auth/status                                          ->  200 the user
 *     GET, POST /auth/logout[?everywhere=true]                   ->  200, and the session has ended
 *     POST /auth/password  { current_password, new_password }    ->  200, and all others have ended
 *     POST /token          { username, password }                ->  200 both tokens
 *     POST /token/refresh  { refresh_token }                     ->  200 the next two
 *
 * @module
 */
import type { FastifyPluginAsyncJsonSchemaToTs } from '@fastify/type-provider-json-schema-to-ts'
import type { FastifyRequest } from 'fastify'
import type { ErrorCode } from '../../errors.ts'
import type { RouteRules } from '../../http.ts'
import type { TokenUser } from '../../user-access.ts'
import { NEW_USER } from '../../users/members.ts'
import { doneAnswer, loginAnswer, SAYS, statusAnswer, tokenAnswer } from './answers.ts'
import {
  DONE_ANSWER,
  LOGIN_ANSWER,
  LOGIN_BODY,
  LOGOUT_QUERY,
  PASSWORD_BODY,
  REFRESH_BODY,
  STATUS_ANSWER,
  TOKEN_ANSWER,
  TOKEN_BODY,
} from './schemas.ts'
import { type SessionDeps, sessionService } from './service.ts'

const PASSWORD_ERRORS: readonly ErrorCode[] = ['rate_limited', 'busy', 'store_unavailable']
const LOGIN_ERRORS: readonly ErrorCode[] = ['credentials_invalid', ...PASSWORD_ERRORS]

/** Of testdriven.io. */
const AUTH = { errorShape: 'auth', neverPrefetched: true } as const
/** Of Flask-JWT-Extended. */
const MSG = { errorShape: 'msg', neverPrefetched: true } as const

export function sessionRoutes(deps: SessionDeps): FastifyPluginAsyncJsonSchemaToTs {
  const service = sessionService(deps)

  return async (app) => {
    app.post(
      '/auth/register',
      {
        config: {
          ...AUTH,
          access: 'open',
          registers: true,
          errors: ['user_exists', ...PASSWORD_ERRORS],
        },
        schema: {
          tags: ['sessions'],
          summary: 'A new user, who is logged in at once',
          body: NEW_USER,
          response: { 201: LOGIN_ANSWER },
        },
      },
      async ({ body, ip: address }, reply) => {
        const pair = await service.register({ ...body, address })
        reply.code(201)
        return loginAnswer(SAYS.registered, pair)
      },
    )

    app.post(
      '/auth/login',
      {
        config: { ...AUTH, access: 'open', errors: LOGIN_ERRORS },
        schema: {
          tags: ['sessions'],
          summary: 'A new session, by e-mail address or user name',
          body: LOGIN_BODY,
          response: { 200: LOGIN_ANSWER },
        },
      },
      async ({ body: { email, username = '', password }, ip: address }) => {
        const name = email === undefined ? { username } : { email }
        const pair = await service.login({ name, password, address }, deps.lives.login)
        return loginAnswer(SAYS.loggedIn, pair)
      },
    )

    app.get(
      '/auth/status',
      {
        config: {
          errorShape: 'auth',
          access: 'user',
          errors: ['user_unavailable', 'store_unavailable'],
        },
        schema: {
          tags: ['sessions'],
          summary: 'Whose token it is',
          response: { 200: STATUS_ANSWER },
        },
      },
      async (request) => statusAnswer(await service.status(userOf(request).id)),
    )

    const logout = {
      // A HEAD request, as link checkers and proxies send it, must not log out.
      exposeHeadRoute: false,
      config: {
        ...AUTH,
        access: 'user',
        errors: ['store_unavailable'],
      } satisfies RouteRules,
      schema: {
        tags: ['sessions'],
        summary: 'Ends the session of the token, or all of its user',
        querystring: LOGOUT_QUERY,
        response: { 200: DONE_ANSWER },
      },
    } as const
    const logOut = async (request: FastifyRequest) => {
      const { everywhere } = request.query as { everywhere?: string }
      await service.logout(userOf(request), everywhere === 'true')
      return doneAnswer(SAYS.loggedOut)
    }
    app.get('/auth/logout', logout, logOut)
    app.post('/auth/logout', logout, logOut)

    app.post(
      '/auth/password',
      {
        config: {
          ...AUTH,
          access: 'user',
          errors: ['current_password_wrong', 'user_unavailable', ...PASSWORD_ERRORS],
        },
        schema: {
          tags: ['sessions'],
          summary: 'Another password; every other session ends',
          body: PASSWORD_BODY,
          response: { 200: DONE_ANSWER },
        },
      },
      async (request) => {
        const { current_password: current, new_password: next } = request.body
        await service.changePassword(userOf(request), { current, next, address: request.ip })
        return doneAnswer(SAYS.passwordChanged)
      },
    )

    app.post(
      '/token',
      {
        config: { ...MSG, access: 'open', errors: LOGIN_ERRORS },
        schema: {
          tags: ['sessions'],
          summary: 'A new session, with a short access token',
          body: TOKEN_BODY,
          response: { 200: TOKEN_ANSWER },
        },
      },
      async ({ body: { username, password }, ip: address }) => {
        const credentials = { name: { username }, password, address }
        return tokenAnswer(await service.login(credentials, deps.lives.token))
      },
    )

    app.post(
      '/token/refresh',
      {
        config: {
          ...MSG,
          access: 'open',
          errors: ['refresh_token_invalid', 'refresh_token_reused', 'store_unavailable'],
        },
        schema: {
          tags: ['sessions'],
          summary: 'The next two tokens of a session',
          body: REFRESH_BODY,
          response: { 200: TOKEN_ANSWER },
        },
      },
      async ({ body }) => tokenAnswer(await service.refresh(body.refresh_token)),
    )
  }
}

/** Of a route for users: `access.ts` has put it there. */
const userOf = ({ user }: FastifyRequest): TokenUser => user as TokenUser
