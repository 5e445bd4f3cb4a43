/**
 * What is revoked and not expired, for guards that check tokens without asking.
 *
 *     GET /v1/revocations?after=&wait=&limit=  -> 200 { items, next, as_of }
 *
 * @module
 */
import type { FastifyPluginAsyncJsonSchemaToTs } from '@fastify/type-provider-json-schema-to-ts'
import type { FastifyRequest } from 'fastify'
import { given, timeText } from '../http.ts'
import { cursorOf, positionOf, unknownCursor } from '../paging.ts'
import type { FeedCursor } from './feed.ts'
import { FEED_PAGE, FEED_QUERY } from './schemas.ts'
import type { FeedAnswer, RevocationService } from './service.ts'
import type { Revocation } from './store.ts'

/** Above the longest wait: a connection with nothing to say for this long is closed. */
const SILENCE_MS = 60_000

export function revocationRoutes(service: RevocationService): FastifyPluginAsyncJsonSchemaToTs {
  return async (app) => {
    app.get(
      '/v1/revocations',
      {
        config: { access: 'revocations', errors: ['revocations_stale', 'store_unavailable'] },
        schema: {
          tags: ['revocations'],
          summary: 'What is revoked and not expired; waits for news up to `wait` seconds',
          querystring: FEED_QUERY,
          response: { 200: FEED_PAGE },
        },
      },
      async (request) => {
        const { after, wait, limit } = request.query
        using patience = patienceOf(request, Number(wait))
        return feedAnswer(
          await service.read({
            after: given(after, toCursor),
            limit: Number(limit),
            over: patience.signal,
          }),
        )
      },
    )
  }
}

/** Its signal aborts after `seconds`, or when the client has hung up: its place is free then. */
function patienceOf({ raw: { socket } }: FastifyRequest, seconds: number) {
  const controller = new AbortController()
  const end = () => controller.abort()
  if (seconds === 0) end()
  const timer = setTimeout(end, seconds * 1000)
  // For this one request: Node sets its own time again with the next.
  socket.setTimeout(SILENCE_MS)
  // A client that is gone, and one that says nothing any more, look the same until it is written to.
  socket.once('end', end).once('close', end)
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      clearTimeout(timer)
      socket.off('end', end).off('close', end)
    },
  }
}

/** @throws {ServiceError} `invalid_request` for anything that is no `next`. */
function toCursor(text: string): FeedCursor {
  const { at, id } = positionOf(text)
  if (!/^(0|[1-9]\d{0,8})$/.test(id)) throw unknownCursor()
  return { position: at, told: Number(id) }
}

const feedAnswer = ({ items, next, asOf }: FeedAnswer) => ({
  items: items.map(itemAnswer),
  next: cursorOf({ at: next.position, id: String(next.told) }),
  as_of: timeText(asOf),
})

const itemAnswer = ({ kind, value, notBefore, revokedAt, expiresAt }: Revocation) => ({
  kind,
  value,
  ...(notBefore !== undefined && { not_before: notBefore }),
  revoked_at: timeText(revokedAt),
  expires_at: timeText(expiresAt),
})
