/**
 * Transaction tokens: a backend asks for a token for a phone number.
 *
 *     GET  /v1/token/{phone_number}          ->  200 the token, text/plain
 *     GET  /v1/token/{phone_number}/{xid}    ->  200 the same, with the caller's xid
 *     POST /v1/token  { phone_number, xid? } ->  201 { token, xid, phone_number, issued_at, expires_at }
 *     GET  /v1/transactions[/{xid}]          ->  200 what became of them
 *     POST /v1/transactions/{xid}/revoke     ->  200 the transaction, ended
 *
 * @module
 */
import { createHash } from 'node:crypto'
import type { FastifyPluginAsyncJsonSchemaToTs } from '@fastify/type-provider-json-schema-to-ts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { SendText } from '../../answer.ts'
import { wantsJson } from '../../answer-error.ts'
import { type ErrorCode, ServiceError } from '../../errors.ts'
import { given, timeOf } from '../../http.ts'
import { addressBucket } from '../../limits/address.ts'
import { phoneDigits, writtenPhoneDigits } from '../../phone.ts'
import { issueAnswer, transactionPageAnswer, wholeAnswer } from './answers.ts'
import { decodeCursor } from './cursor.ts'
import {
  ISSUE_ANSWER,
  ISSUE_BODY,
  ISSUE_HEADERS,
  LIST_QUERY,
  PATH_OF_PHONE,
  PATH_OF_PHONE_AND_XID,
  PATH_OF_XID,
  TOKEN_ANSWER,
  TRANSACTION_PAGE,
  WHOLE_TRANSACTION,
} from './schemas.ts'
import { type TransactionDeps, transactionService } from './service.ts'
import type { Retry, WholeTransaction } from './store.ts'

export interface TransactionRouteDeps extends TransactionDeps {
  /** The customer that callers without an API key issue for. */
  customerId: string
  sendText: SendText
}

const ISSUE_ERRORS: readonly ErrorCode[] = [
  'phone_number_invalid',
  'xid_invalid',
  'xid_conflict',
  'transaction_closed',
  'flow_not_configured',
  'store_unavailable',
]

export function transactionRoutes(deps: TransactionRouteDeps): FastifyPluginAsyncJsonSchemaToTs {
  const service = transactionService(deps)

  /** Whom the request is for: the API key's customer, or this service's own. */
  const on = ({ caller }: FastifyRequest) => ({
    customerId: caller?.customerId ?? deps.customerId,
    by: caller?.id ?? 'open',
  })

  const whole = (transaction: WholeTransaction) =>
    wholeAnswer(transaction, service.statusOf(transaction))

  async function issueByPath(request: FastifyRequest, reply: FastifyReply) {
    const { phone_number, xid } = request.params as { phone_number: string; xid?: string }
    const phoneNumber = phoneDigits(phone_number) ?? refusePhone()
    const issued = await service.issue({ ...on(request), phoneNumber, xid })
    const location = locationOf(issued.xid)
    if (wantsJson(request)) {
      reply.headers({ allow: 'GET', location })
      return issueAnswer(issued)
    }
    // No charset: the tutorial promises none.
    const own = ['allow', 'GET', 'location', location, 'content-type', 'text/plain']
    return deps.sendText(request, reply, issued.token, own)
  }

  return async (app) => {
    const byPath = (params: typeof PATH_OF_PHONE | typeof PATH_OF_PHONE_AND_XID) => ({
      // A HEAD request, as link checkers and proxies send it, must not mint.
      exposeHeadRoute: false,
      config: { access: 'issue', errors: ISSUE_ERRORS, errorShape: 'empty' } as const,
      schema: {
        tags: ['transactions'],
        summary: 'A token for a phone number',
        params,
        response: { 200: TOKEN_ANSWER },
      },
    })
    app.get('/v1/token/:phone_number', byPath(PATH_OF_PHONE), issueByPath)
    app.get('/v1/token/:phone_number/:xid', byPath(PATH_OF_PHONE_AND_XID), issueByPath)

    app.post(
      '/v1/token',
      {
        config: {
          access: 'issue',
          errors: [...ISSUE_ERRORS, 'idempotency_key_invalid', 'idempotency_mismatch'],
        },
        schema: {
          tags: ['transactions'],
          summary: 'A token for a phone number, once however often it is asked for',
          headers: ISSUE_HEADERS,
          body: ISSUE_BODY,
          response: { 201: ISSUE_ANSWER },
        },
      },
      async (request, reply) => {
        const { phone_number, xid } = request.body
        const phoneNumber = writtenPhoneDigits(phone_number) ?? refusePhone()
        const issued = await service.issue({
          ...on(request),
          phoneNumber,
          xid,
          retry: retryOf(request),
        })
        reply.code(201).header('location', locationOf(issued.xid))
        return issueAnswer(issued)
      },
    )

    app.get(
      '/v1/transactions/:xid',
      {
        config: {
          access: 'transactions:read',
          errors: ['transaction_not_found', 'store_unavailable'],
        },
        schema: {
          tags: ['transactions'],
          summary: 'One transaction, with its history',
          params: PATH_OF_XID,
          response: { 200: WHOLE_TRANSACTION },
        },
      },
      async (request) => {
        const { xid } = request.params
        return whole(await service.get(on(request).customerId, xid))
      },
    )

    app.get(
      '/v1/transactions',
      {
        config: {
          access: 'transactions:read',
          errors: ['phone_number_invalid', 'store_unavailable'],
        },
        schema: {
          tags: ['transactions'],
          summary: 'Transactions, newest first',
          querystring: LIST_QUERY,
          response: { 200: TRANSACTION_PAGE },
        },
      },
      async (request) => {
        const { phone_number, status, from, to, limit, after } = request.query
        const page = await service.list({
          customerId: on(request).customerId,
          phoneNumber: given(phone_number, (text) => writtenPhoneDigits(text) ?? refusePhone()),
          status,
          from: given(from, (text) => timeOf(text, '/from')),
          to: given(to, (text) => timeOf(text, '/to')),
          after: given(after, decodeCursor),
          limit: Number(limit),
        })
        return transactionPageAnswer(page, service.statusOf)
      },
    )

    app.post(
      '/v1/transactions/:xid/revoke',
      {
        config: {
          access: 'transactions:write',
          errors: ['transaction_not_found', 'transaction_closed', 'store_unavailable'],
        },
        schema: {
          tags: ['transactions'],
          summary: 'Ends an open transaction',
          params: PATH_OF_XID,
          response: { 200: WHOLE_TRANSACTION },
        },
      },
      async (request) => {
        const { xid } = request.params
        const { customerId, by } = on(request)
        return whole(await service.revoke(customerId, xid, by))
      },
    )
  }
}

const locationOf = (xid: string): string => `/v1/transactions/${xid}`

function refusePhone(): never {
  throw new ServiceError('phone_number_invalid')
}

/** The Idempotency-Key of a request, bound to its caller and body. */
function retryOf({ headers, caller, ip, body }: FastifyRequest) {
  const key = headers['idempotency-key']
  if (key === undefined) return undefined
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw new ServiceError('idempotency_key_invalid')
  }
  return {
    caller: caller?.id ?? `address ${addressBucket(ip)}`,
    key,
    bodySha256: createHash('sha256').update(JSON.stringify(body)).digest('hex'),
  } satisfies Partial<Retry>
}
