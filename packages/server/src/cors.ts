import type { FastifyInstance } from 'fastify'

/** Of answers to pages of the allowed origins: no cookies, and what a client of ours reads. */
const CORS = {
  methods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'],
  exposedHeaders: ['location', 'ratelimit', 'ratelimit-policy', 'retry-after', 'x-request-id'],
  maxAge: 600,
  strictPreflight: false,
}

/** Lets pages of these origins call from a browser. Loaded only then. */
export async function allowOrigins(
  app: FastifyInstance,
  origins: readonly string[],
): Promise<void> {
  const { default: cors } = await import('@fastify/cors')
  const allowed = (origin = '') => origins.includes(origin) && origin
  await app.register(cors, {
    delegator: ({ headers }, done) => done(null, { ...CORS, origin: allowed(headers.origin) }),
  })
}
