import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import { isFailure } from '../answer-error.ts'
import { ERRORS, type ErrorCode } from '../errors.ts'
import type { RouteRules } from '../http.ts'
import { LIMIT } from '../paging.ts'

/** Refusals that any route may give, and those that come with who may call. */
const ANYWHERE: readonly ErrorCode[] = [
  'invalid_request',
  'request_timeout',
  'headers_too_large',
  'internal_error',
]
const OF_ISSUING: readonly ErrorCode[] = ['prefetch_refused', 'host_refused', 'cross_site_refused']
const OF_KEYS: readonly ErrorCode[] = [
  'authentication_required',
  'api_key_invalid',
  'insufficient_scope',
  'rate_limited',
]
const OF_BODIES: readonly ErrorCode[] = ['payload_too_large', 'unsupported_media_type']

const codesOf = ({ access, errors = [] }: RouteRules, hasBody: boolean): ErrorCode[] => [
  ...new Set([
    ...errors,
    ...(hasBody ? OF_BODIES : []),
    ...(access === 'open' ? [] : OF_KEYS),
    ...(access === 'issue' ? OF_ISSUING : []),
    ...ANYWHERE,
  ]),
]

const PROBLEM = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code', 'request_id'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string', enum: Object.keys(ERRORS) },
    request_id: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        properties: { pointer: { type: 'string' }, detail: { type: 'string' } },
      },
    },
  },
}

/** Header fields by the error that brings them. */
const HEADERS: Readonly<Partial<Record<ErrorCode, readonly string[]>>> = {
  authentication_required: ['WWW-Authenticate'],
  api_key_invalid: ['WWW-Authenticate'],
  insufficient_scope: ['WWW-Authenticate'],
  method_not_allowed: ['Allow'],
  rate_limited: ['Retry-After', 'RateLimit', 'RateLimit-Policy'],
  key_server_unavailable: ['Retry-After'],
  store_unavailable: ['Retry-After'],
}

/** Of errors that share a status: a field is promised when all of them bring it. */
const headersOf = (codes: readonly ErrorCode[]) =>
  Object.fromEntries(
    codes
      .flatMap((code) => HEADERS[code] ?? [])
      .map((name) => {
        const required = codes.every((code) => HEADERS[code]?.includes(name))
        return [name, { required, schema: { type: 'string' } }]
      }),
  )

/** A query is text, and so are the schemas that check it; these tell what the text stands for. */
const MEANT = new Map<unknown, object>([
  [
    LIMIT,
    { type: 'integer', minimum: 1, maximum: 200, default: 50, description: 'Items at most.' },
  ],
])

function meant(query: unknown) {
  const { properties, ...rest } = query as { properties: Record<string, unknown> }
  const told = Object.entries(properties).map(([name, schema]) => [
    name,
    MEANT.get(schema) ?? schema,
  ])
  return { ...rest, properties: Object.fromEntries(told) }
}

/** The problem answers of one route: one response for each status, one example for each code. */
function problems(codes: readonly ErrorCode[], emptyOnFailure = false): Record<string, unknown> {
  const byStatus = Map.groupBy(codes, (code) => ERRORS[code].status)
  return Object.fromEntries(
    [...byStatus].map(([status, sameStatus]) => [
      status,
      {
        description: sameStatus.map((code) => ERRORS[code].title).join('; '),
        headers: headersOf(sameStatus),
        content: {
          'application/problem+json': {
            schema: { $ref: '#/components/schemas/Problem' },
            examples: Object.fromEntries(
              sameStatus.map((code) => [code, { value: example(code) }]),
            ),
          },
          ...(emptyOnFailure && sameStatus.some(isFailure) && { 'text/plain': EMPTY }),
        },
      },
    ]),
  )
}

const EMPTY = { schema: { type: 'string', maxLength: 0 } }

function example(code: ErrorCode) {
  const { status, title } = ERRORS[code]
  const request_id = '019a0000-0000-7000-8000-000000000000'
  return { type: `/docs/errors#${code}`, title, status, detail: title, code, request_id }
}

export interface ApiDescription {
  version: string
  settings: { ISSUER: string | undefined; ISSUE_ACCESS: 'open' | 'key' }
}

/** Collects every route into the OpenAPI 3.1 document of `GET /openapi.json`. */
export async function describeApi(app: FastifyInstance, { version, settings }: ApiDescription) {
  const known = new Map<string, Record<string, unknown>>()

  function securityOf({ access }: RouteRules): Record<string, string[]>[] {
    if (access === 'open') return []
    const key = { api_key: [] }
    return access === 'issue' && settings.ISSUE_ACCESS === 'open' ? [{}, key] : [key]
  }

  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'jotter',
        version,
        description: 'A JWT service that writes down what it issues.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      ...(settings.ISSUER !== undefined && { servers: [{ url: settings.ISSUER }] }),
      components: {
        securitySchemes: {
          api_key: { type: 'http', scheme: 'bearer', bearerFormat: 'jot_<id>_<secret>' },
        },
        schemas: { Problem: PROBLEM } as never,
        // Of what is no route, and so stands below none.
        responses: problems(['not_found', 'method_not_allowed']) as never,
      },
    },
    transform({ schema, url, route }) {
      const rules = route.config as unknown as RouteRules
      const method = [route.method].flat()[0]?.toLowerCase()
      const codes = codesOf(rules, schema?.body !== undefined)
      known.set(`${method} ${url}`, problems(codes, rules.emptyOnFailure))
      const { querystring } = schema ?? {}
      return {
        schema: {
          ...schema,
          ...(querystring !== undefined && { querystring: meant(querystring) }),
          security: securityOf(rules),
        },
        url,
      }
    },
    // The problem answers are added at the end: as response schemas they would also be compiled
    // into serializers for answers that are never serialized by route.
    transformObject(document) {
      const { openapiObject } = document as {
        openapiObject: { paths?: Record<string, Record<string, { responses?: object }>> }
      }
      for (const [path, operations] of Object.entries(openapiObject.paths ?? {})) {
        for (const [method, operation] of Object.entries(operations)) {
          const url = path.replace(/\{(\w+)\}/g, ':$1')
          operation.responses = {
            ...known.get(`${method} ${url}`),
            ...operation.responses,
          }
        }
      }
      return openapiObject as never
    },
  })
}
