/**
 * Machines: a program that has a key of its own gets a token for a window of time.
 *
 *     POST /login  the request token, signed by the client  ->  200 the use token, application/jwt
 *     POST /       the use token                            ->  200 one line, text/plain
 *
 * Bodies are tokens as they are, of any content type or none.
 *
 * @module
 */
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import type { SendText } from '../../answer.ts'
import { addressBucket } from '../../limits/address.ts'
import { readRawBodies } from '../../strict-http.ts'
import { endOfTurn } from '../../turn.ts'
import { LINE_ANSWER, TOKEN_BODY, USE_TOKEN_ANSWER } from './schemas.ts'
import { type MachineDeps, machineService } from './service.ts'

export interface MachineRouteDeps extends MachineDeps {
  sendText: SendText
}

/** The body is no JSON that a schema could check: the schema is for the OpenAPI document. */
const unchecked = () => () => true

export function machineRoutes(deps: MachineRouteDeps): FastifyPluginAsync {
  const service = machineService(deps)

  return async (app) => {
    readRawBodies(app)

    app.post(
      '/login',
      {
        config: {
          access: 'open',
          errorShape: 'text',
          neverPrefetched: true,
          errors: [
            'request_token_malformed',
            'identity_unknown',
            'request_token_refused',
            'request_token_used',
            'rate_limited',
            'key_server_unavailable',
            'store_unavailable',
          ],
        },
        validatorCompiler: unchecked,
        schema: {
          tags: ['machines'],
          summary: 'A use token for whoever has signed the request token',
          body: TOKEN_BODY,
          response: { 200: USE_TOKEN_ANSWER },
        },
      },
      async (request, reply) => {
        const login = { token: tokenOf(request), address: addressBucket(request.ip) }
        const useToken = await service.login(login)
        return deps.sendText(request, reply, useToken, ['content-type', 'application/jwt'])
      },
    )

    app.post(
      '/',
      {
        config: {
          access: 'open',
          errorShape: 'text',
          errors: [
            'use_token_not_yet_valid',
            'use_token_expired',
            'use_token_refused',
            'use_token_revoked',
            'use_token_spent',
            'rate_limited',
            'revocations_stale',
            'store_unavailable',
          ],
        },
        validatorCompiler: unchecked,
        schema: {
          tags: ['machines'],
          summary: 'One line for whoever has a use token whose time it is',
          body: TOKEN_BODY,
          response: { 200: LINE_ANSWER },
        },
      },
      async (request, reply) => {
        // A check is half as dear right after another one.
        await endOfTurn()
        const line = await service.use(tokenOf(request))
        // Without the charset Python's requests would read it as Latin-1.
        const own = ['content-type', 'text/plain; charset=utf-8']
        return deps.sendText(request, reply, line, own)
      },
    )
  }
}

/** Empty where there is no body: no token, which is refused as such. */
const tokenOf = ({ body }: FastifyRequest): string => (body as string | undefined) ?? ''
