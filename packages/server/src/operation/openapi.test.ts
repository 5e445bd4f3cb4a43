import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { after, describe, test } from 'node:test'
import { PRODUCTION, startTestService } from '../../../../test/support/service.ts'
import { ERRORS, type ErrorCode } from '../errors.ts'

interface Content {
  schema: { $ref?: string; type?: string }
  examples?: Record<string, { value: { code?: string; status?: number | 'error' } }>
}
interface Answer {
  description: string
  headers?: Record<string, unknown>
  content?: Record<string, Content>
}
interface Operation {
  summary: string
  parameters?: { name: string; in: string; required: boolean; schema: object }[]
  security: Record<string, string[]>[]
  responses: Record<string, Answer>
}
interface Document {
  openapi: string
  info: { title: string; version: string }
  paths: Record<string, Record<string, Operation>>
  components: {
    securitySchemes: Record<string, unknown>
    schemas: Record<string, unknown>
    responses: Record<string, Answer>
  }
}

const { get } = await startTestService({ after }, { DATABASE_URL: 'memory:' })
const served = await get('/openapi.json')
const document = (await served.json()) as Document
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
)
function operationOf(route: string, paths = document.paths): Operation {
  const [method = '', path = ''] = route.split(' ')
  const found = paths[path]?.[method]
  assert.ok(found, route)
  return found
}
const examplesOf = ({ content = {} }: Answer) =>
  Object.values(content).flatMap(({ examples = {} }) => Object.entries(examples))
const sentenceOf = (code: string) => ERRORS[code as ErrorCode].title as unknown
/** The codes of which an answer holds an example. */
const codesOf = (answer: Answer) => examplesOf(answer).map(([code]) => code)

test('is served as JSON, version 3.1, for this version of jotter', () => {
  assert.equal(served.headers.get('content-type'), 'application/json; charset=utf-8')
  assert.equal(document.openapi, '3.1.0')
  assert.deepEqual([document.info.title, document.info.version], ['jotter', '0.0.0-test'])
})

test('has every route that the source registers, and no other', () => {
  const files = globSync(`${import.meta.dirname}/../**/*routes.ts`)
  const registered = files.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/app\.(get|post|put|patch|delete)\(\s*'([^']+)'/g)].map(
      ([, method, path]) => `${method} ${path?.replace(/:(\w+)/g, '{$1}')}`,
    ),
  )
  assert.ok(registered.length > 10)
  assert.deepEqual(
    operations.map(({ method, path }) => `${method} ${path}`).sort(),
    registered.sort(),
  )
})

test('a number in a query is told as a number', () => {
  for (const route of ['get /v1/transactions', 'get /v1/api-keys']) {
    const limit = operationOf(route).parameters?.find(({ name }) => name === 'limit')
    assert.deepEqual(limit?.schema, { type: 'integer', minimum: 1, maximum: 200, default: 50 })
  }
})

test('Retry-After is promised where it comes: never for a flow that is not configured', () => {
  for (const { method, path, operation } of operations) {
    const { 503: answer } = operation.responses as Record<number, Answer | undefined>
    const codes = answer === undefined ? [] : codesOf(answer)
    if (codes.length === 0) continue
    const retry = answer?.headers?.['Retry-After'] as { required?: boolean } | undefined
    assert.ok(retry, `${method} ${path}`)
    assert.equal(retry.required ?? false, !codes.includes('flow_not_configured'), path)
  }
})

test('a token by GET is text, or JSON for who asks for it', () => {
  const { 200: answer } = operationOf('get /v1/token/{phone_number}').responses
  assert.deepEqual(Object.keys(answer?.content ?? {}), ['text/plain', 'application/json'])
})

describe('every operation', () => {
  for (const { method, path, operation } of operations) {
    test(`${method} ${path} is whole`, () => {
      const { summary, parameters = [], security, responses } = operation
      assert.ok(summary)
      const inPath = parameters.filter((parameter) => parameter.in === 'path')
      assert.deepEqual(
        inPath.map(({ name, required }) => ({ name, required })),
        [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ name, required: true })),
      )
      for (const name of security.flatMap((one) => Object.keys(one))) {
        assert.ok(name in document.components.securitySchemes)
      }
      assert.ok(Object.keys(responses).some((status) => status.startsWith('2')))
      for (const [status, answer] of Object.entries(responses)) {
        assert.match(status, /^[2-5]\d\d$/)
        assert.equal(typeof answer.description, 'string')
        for (const { schema } of Object.values(answer.content ?? {})) {
          const name = schema.$ref?.replace('#/components/schemas/', '')
          assert.ok(name === undefined ? schema.type : name in document.components.schemas)
        }
        for (const [code, { value }] of examplesOf(answer)) {
          // Of the tutorials' shapes one has no status, one answer no code, and one is a sentence.
          assert.ok(
            value.code === code || code === 'credentials_invalid' || value === sentenceOf(code),
          )
          if (typeof value.status === 'number') assert.equal(value.status, Number(status))
          assert.equal(ERRORS[code as ErrorCode].status, Number(status))
        }
      }
    })
  }

  const EVERYWHERE = ['invalid_request', 'request_timeout', 'headers_too_large', 'internal_error']
  const KEYED = [
    ...EVERYWHERE,
    'authentication_required',
    'api_key_invalid',
    'insufficient_scope',
    'rate_limited',
    'store_unavailable',
  ]
  const ISSUE = [
    ...KEYED,
    'phone_number_invalid',
    'xid_invalid',
    'xid_conflict',
    'transaction_closed',
    'flow_not_configured',
    'prefetch_refused',
    'host_refused',
    'cross_site_refused',
  ]
  const BODY = ['payload_too_large', 'unsupported_media_type']
  const KEY_CHANGES = ['key_conflict', 'key_damaged']
  const OPEN = [...EVERYWHERE, 'prefetch_refused', 'store_unavailable']
  const LOGIN = ['credentials_invalid', 'rate_limited', 'busy']
  const USER = [
    ...EVERYWHERE,
    'token_required',
    'token_expired',
    'token_invalid',
    'revocations_stale',
    'store_unavailable',
  ]
  for (const [route, codes] of [
    ['get /v1/token/{phone_number}', ISSUE],
    ['get /v1/token/{phone_number}/{xid}', ISSUE],
    ['post /v1/token', [...ISSUE, ...BODY, 'idempotency_key_invalid', 'idempotency_mismatch']],
    ['get /v1/transactions', [...KEYED, 'phone_number_invalid']],
    ['get /v1/transactions/{xid}', [...KEYED, 'transaction_not_found']],
    [
      'post /v1/transactions/{xid}/revoke',
      [...KEYED, 'transaction_not_found', 'transaction_closed'],
    ],
    ['post /v1/api-keys', [...KEYED, ...BODY, 'customer_not_found']],
    ['get /v1/api-keys', KEYED],
    ['get /v1/keys', KEYED],
    ['post /v1/keys/rotate', [...KEYED, ...BODY, ...KEY_CHANGES]],
    ['post /v1/keys/{kid}/promote', [...KEYED, ...KEY_CHANGES, 'key_not_found', 'key_not_ready']],
    [
      'post /v1/keys/{kid}/retire',
      [...KEYED, ...BODY, ...KEY_CHANGES, 'key_not_found', 'key_in_use'],
    ],
    ['get /v1/revocations', [...KEYED, 'revocations_stale']],
    ['delete /v1/api-keys/{id}', [...KEYED, 'api_key_not_found']],
    ['get /openapi.json', EVERYWHERE],
    ['post /auth/register', [...OPEN, ...BODY, 'user_exists', 'rate_limited', 'busy']],
    ['post /auth/login', [...OPEN, ...BODY, ...LOGIN]],
    ['get /auth/status', [...USER, 'user_unavailable']],
    ['get /auth/logout', [...USER, 'prefetch_refused']],
    ['post /auth/logout', [...USER, 'prefetch_refused']],
    [
      'post /auth/password',
      [
        ...[...USER, ...BODY, 'prefetch_refused', 'user_unavailable'],
        ...['current_password_wrong', 'rate_limited', 'busy'],
      ],
    ],
    [
      'post /login',
      [
        ...[...OPEN, ...BODY, 'request_token_malformed', 'identity_unknown'],
        ...['request_token_refused', 'request_token_used'],
        ...['rate_limited', 'key_server_unavailable'],
      ],
    ],
    [
      'post /',
      [
        ...[...EVERYWHERE, ...BODY, 'use_token_not_yet_valid', 'use_token_expired'],
        ...['use_token_refused', 'use_token_revoked', 'use_token_spent'],
        ...['rate_limited', 'revocations_stale', 'store_unavailable'],
      ],
    ],
    ['post /token', [...OPEN, 'payload_too_large', ...LOGIN]],
    [
      'post /token/refresh',
      [...OPEN, 'payload_too_large', 'refresh_token_invalid', 'refresh_token_reused'],
    ],
  ] as const) {
    test(`${route} has an example for every code that it can answer`, () => {
      const { responses } = operationOf(route)
      assert.deepEqual(Object.values(responses).flatMap(codesOf).sort(), [...codes].sort())
    })
  }
})

test('every code of the table has an example somewhere', () => {
  const { responses } = document.components
  const all = operations.flatMap(({ operation }) => Object.values(operation.responses))
  const codes = new Set([...all, ...Object.values(responses)].flatMap(codesOf))
  assert.deepEqual([...codes].sort(), Object.keys(ERRORS).sort())
})

test('errors are shown in the shape of their route', () => {
  const typesOf = (route: string, status: string) =>
    Object.keys(operationOf(route).responses[status]?.content ?? {})
  assert.deepEqual(typesOf('post /v1/token', '400'), ['application/problem+json'])
  assert.deepEqual(typesOf('post /auth/login', '401'), ['application/json'])
  assert.deepEqual(typesOf('post /login', '401'), ['text/plain'])
  // What did not arrive has no route yet.
  assert.deepEqual(typesOf('post /auth/login', '408'), ['application/problem+json'])
  const { content = {}, headers = {} } = operationOf('post /token').responses['401'] as Answer
  const { schema, examples } = content['application/json'] as Content
  assert.equal(schema.$ref, '#/components/schemas/MsgError')
  assert.deepEqual(examples?.credentials_invalid?.value, { msg: 'Bad username or password' })
  assert.deepEqual(Object.keys(headers), ['WWW-Authenticate'])
})

test('a wrong password promises Retry-After and no budget', () => {
  const { headers = {} } = operationOf('post /auth/login').responses['429'] as Answer
  assert.deepEqual(Object.keys(headers), ['Retry-After'])
})

test("the tutorial's routes answer text, and their failures are empty text", () => {
  const { responses } = operationOf('get /v1/token/{phone_number}')
  assert.deepEqual(Object.keys(responses['200']?.content ?? {}), ['text/plain', 'application/json'])
  for (const status of ['500', '503']) {
    assert.ok('text/plain' in (responses[status]?.content ?? {}), status)
  }
  assert.ok(!('text/plain' in (responses['400']?.content ?? {})))
  assert.deepEqual(Object.keys(responses['429']?.headers ?? {}), [
    'Retry-After',
    'RateLimit',
    'RateLimit-Policy',
  ])
})

test('POST /v1/token names Idempotency-Key', () => {
  const { parameters } = operationOf('post /v1/token')
  assert.deepEqual(
    parameters?.map((parameter) => [parameter.in, parameter.name, parameter.required]),
    [['header', 'idempotency-key', false]],
  )
})

test('who may issue follows the setting', async (t) => {
  const securityOf = ({ paths }: Document) => operationOf('post /v1/token', paths).security
  assert.deepEqual(securityOf(document), [{}, { api_key: [] }])
  const { get } = await startTestService(t, { ...PRODUCTION, DATABASE_URL: 'memory:' })
  const inProduction = (await (await get('/openapi.json')).json()) as Document
  assert.deepEqual(securityOf(inProduction), [{ api_key: [] }])
})

test('the server address is ISSUER and never the Host of a request', async (t) => {
  const environment = { DATABASE_URL: 'memory:', JOTTER_ISSUER: 'https://jwt.example.com' }
  const { rawGet } = await startTestService(t, environment)
  const { body } = await rawGet('/openapi.json', 'X-Forwarded-Host: evil.example\r\n')
  assert.deepEqual(JSON.parse(body).servers, [{ url: 'https://jwt.example.com' }])
})
