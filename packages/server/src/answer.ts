/**
 * What every answer says besides its own, and the short way out for the one that is asked for most.
 */
import type { FastifyReply, FastifyRequest, onSendHookHandler } from 'fastify'

/** Names and values in turn, as `writeHead` takes them. */
export type HeaderFields = readonly string[]

/** An answer without them could be cached, sniffed or told to other sites. */
export const HEADERS = {
  'cache-control': 'no-store',
  pragma: 'no-cache',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const

const FIELDS: HeaderFields = Object.entries(HEADERS).flat()

declare module 'fastify' {
  interface FastifyRequest {
    /** What the limit that counted this request says of itself; undefined where none did. */
    budget: Readonly<Record<string, string>> | undefined
  }
}

export interface AnswerDeps {
  /** True once the process has been told to stop. */
  stopping: () => boolean
  /** Whether @fastify/cors gives answers fields of its own. */
  cors: boolean
  /** Told about every answer. */
  answered: (request: FastifyRequest, reply: FastifyReply) => void
}

/** Sends `text` with status 200, the fields of every answer and `own`. */
export type SendText = (
  request: FastifyRequest,
  reply: FastifyReply,
  text: string,
  own: HeaderFields,
) => FastifyReply

export function answers({ stopping, cors, answered }: AnswerDeps) {
  function shared({ id, budget }: FastifyRequest): string[] {
    const fields = [...FIELDS, 'x-request-id', id]
    for (const name in budget) fields.push(name, budget[name] as string)
    // Asked only now: a request from before the stop may be answered after it.
    if (stopping()) fields.push('connection', 'close')
    return fields
  }

  /** What the answer says by itself stands. */
  function addFields(request: FastifyRequest, reply: FastifyReply): void {
    const fields = shared(request)
    const isCacheable = reply.hasHeader('cache-control')
    for (let i = 0; i < fields.length; i += 2) {
      const [name, value] = [fields[i] as string, fields[i + 1] as string]
      // It would contradict.
      if (name === 'pragma' && isCacheable) continue
      if (!reply.hasHeader(name)) reply.header(name, value)
    }
  }

  const onSend: onSendHookHandler = (request, reply, payload, done) => {
    addFields(request, reply)
    answered(request, reply)
    done(null, payload)
  }

  /**
   * Past Fastify's own reply, whose hooks and table of fields cost more than the signature of the
   * token: nothing may go wrong any more, and no other hook hears of it.
   */
  const sendText: SendText = (request, reply, text, own) => {
    const fields = shared(request)
    const bytes = Buffer.byteLength(text)
    fields.push(...own, 'content-length', String(bytes))
    if (cors) fields.push(...(Object.entries(reply.getHeaders()).flat() as string[]))
    reply.hijack()
    reply.raw.writeHead(200, fields)
    // Of ASCII both are the same bytes, and head and token leave in one text that is not encoded again.
    reply.raw.end(text, bytes === text.length ? 'latin1' : 'utf8')
    answered(request, reply)
    return reply
  }

  return { addFields, onSend, sendText }
}
