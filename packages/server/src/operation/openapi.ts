import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import { isFailure } from '../answer-error.ts'
import { type ErrorShape, SHAPES } from '../error-shapes.ts'
import { ERRORS, type ErrorCode, headersOf, ServiceError } from '../errors.ts'
import type { RouteRules } from '../http.ts'
import { LIMIT } from '../paging.ts'
import { FEED_LIMIT, FEED_WAIT } from '../revocation/schemas.ts'

/** Refusals that any route may give, and those that come with who may call. */
const ANYWHERE: readonly ErrorCode[] = [
  'invalid_request',
  'request_timeout',
  'headers_too_large',
  'internal_error',
]
const OF_ISSUING: readonly ErrorCode[] = ['prefetch_refused', 'host_refused', 'cross_site_refused']
const OF_USERS: readonly ErrorCode[] = [
  'token_required',
  'token_expired',
  'token_invalid',
  'revocations_stale',
]
const OF_KEYS: readonly ErrorCode[] = [
  'authentication_required',
  'api_key_invalid',
  'insufficient_scope',
  'rate_limited',
]
const OF_BODIES: readonly ErrorCode[] = ['payload_too_large', 'unsupported_media_type']

const OF_ACCESS: Readonly<Partial<Record<RouteRules['access'], readonly ErrorCode[]>>> = {
  open: [],
  user: OF_USERS,
  issue: [...OF_KEYS, ...OF_ISSUING],
}

function codesOf(rules: RouteRules, hasBody: boolean): ErrorCode[] {
  const { access, errors = [], neverPrefetched, errorShape = 'problem' } = rules
  const { instead = {} } = SHAPES[errorShape]
  const codes: readonly ErrorCode[] = [
    ...errors,
    ...(hasBody ? OF_BODIES : []),
    ...(OF_ACCESS[access] ?? OF_KEYS),
    ...(neverPrefetched ? (['prefetch_refused'] as const) : []),
    ...ANYWHERE,
  ]
  return [...new Set(codes.map((code) => instead[code] ?? code))]
}

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

const ERRORS_OF_MEMBERS = PROBLEM.properties.errors

/** Of a tutorial's routes. */
const AUTH_ERROR = {
  type: 'object',
  required: ['status', 'message', 'code', 'request_id'],
  properties: {
    status: { type: 'string', enum: ['error'] },
    message: { type: 'string' },
    code: PROBLEM.properties.code,
    request_id: { type: 'string' },
    errors: ERRORS_OF_MEMBERS,
  },
}
const MSG_ERROR = {
  type: 'object',
  required: ['msg'],
  properties: {
    msg: { type: 'string' },
    code: PROBLEM.properties.code,
    request_id: { type: 'string' },
    errors: ERRORS_OF_MEMBERS,
  },
}

const SCHEMA_OF: Readonly<Record<ErrorShape, object>> = {
  problem: { $ref: '#/components/schemas/Problem' },
  empty: { $ref: '#/components/schemas/Problem' },
  auth: { $ref: '#/components/schemas/AuthError' },
  msg: { $ref: '#/components/schemas/MsgError' },
  text: { type: 'string', description: 'A sentence.' },
}

/** Wrong passwords make a delay that grows, and no window of which something is left to be told. */
const headersIn = (shape: ErrorShape) => (code: ErrorCode) =>
  code === 'rate_limited' && (shape === 'auth' || shape === 'msg')
    ? ['Retry-After']
    : headersOf(code)

/** Of errors that share a status: a field is promised when all of them bring it. */
function headersOfAll(codes: readonly ErrorCode[], shape: ErrorShape) {
  const each = codes.map(headersIn(shape))
  return Object.fromEntries(
    each.flat().map((name) => {
      const required = each.every((names) => names.includes(name))
      return [name, { required, schema: { type: 'string' } }]
    }),
  )
}

/** A query is text, and so are the schemas that check it; these tell what the text stands for. */
const MEANT = new Map<unknown, object>([
  [
    LIMIT,
    { type: 'integer', minimum: 1, maximum: 200, default: 50, description: 'Items at most.' },
  ],
  [
    FEED_LIMIT,
    {
      type: 'integer',
      minimum: 1,
      maximum: 10_000,
      default: 1_000,
      description: 'Items at most, but for those that were revoked at once with the last.',
    },
  ],
  [
    FEED_WAIT,
    {
      type: 'integer',
      minimum: 0,
      maximum: 30,
      default: 0,
      description: 'Seconds to wait for news where there is none.',
    },
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

/** The refusals of one route: one response for each status, one example for each code. */
function refusals(codes: readonly ErrorCode[], shape: ErrorShape = 'problem') {
  const byStatus = Map.groupBy(codes, (code) => ERRORS[code].status)
  return Object.fromEntries(
    [...byStatus].map(([status, sameStatus]) => [
      status,
      {
        description: sameStatus.map((code) => ERRORS[code].title).join('; '),
        headers: headersOfAll(sameStatus, shape),
        content: {
          // What did not arrive has no route, and so no shape but this.
          ...contentOf(sameStatus, sameStatus.includes('request_timeout') ? 'problem' : shape),
          ...(SHAPES[shape].emptyOnFailure &&
            sameStatus.some(isFailure) && { 'text/plain': EMPTY }),
        },
      },
    ]),
  )
}

const EMPTY = { schema: { type: 'string', maxLength: 0 } }

function contentOf(codes: readonly ErrorCode[], shape: ErrorShape) {
  const { contentType, text } = SHAPES[shape]
  const request_id = '019a0000-0000-7000-8000-000000000000'
  const exampleOf = (code: ErrorCode) => {
    const example = text(new ServiceError(code), request_id)
    return { value: contentType.includes('json') ? JSON.parse(example) : example }
  }
  return {
    [contentType.replace(/;.*/, '')]: {
      schema: SCHEMA_OF[shape],
      examples: Object.fromEntries(codes.map((code) => [code, exampleOf(code)])),
    },
  }
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
    if (access === 'user') return [{ access_token: [] }]
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
          access_token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        },
        schemas: { Problem: PROBLEM, AuthError: AUTH_ERROR, MsgError: MSG_ERROR } as never,
        // Of what is no route, and so stands below none.
        responses: refusals(['not_found', 'method_not_allowed']) as never,
      },
    },
    transform({ schema, url, route }) {
      const rules = route.config as unknown as RouteRules
      const method = [route.method].flat()[0]?.toLowerCase()
      const codes = codesOf(rules, schema?.body !== undefined)
      known.set(`${method} ${url}`, refusals(codes, rules.errorShape))
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
    // The refusals are added at the end: as response schemas they would also be compiled
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
