/** Requests of commands to a server: how its address is read, and what goes wrong on the way. */
import type { IncomingMessage } from 'node:http'
import { CliError } from './failure.ts'
import { EXIT } from './io.ts'

/** Of one request, its answer included. */
const TIMEOUT_MS = 10_000

/**
 * The address of a server, without slashes at its end.
 *
 * @param source Where it was given, for the message.
 * @throws {CliError} With the usage code. Nothing is sent.
 */
export function readAddress(text: string, source: string): string {
  const address = URL.parse(text)
  const usable =
    address !== null && /^https?:$/.test(address.protocol) && !address.search && !address.hash
  // Whoever writes credentials there would find them again in messages and logs.
  if (usable && address.username === '' && address.password === '') return text.replace(/\/+$/, '')
  throw new CliError(EXIT.usage, 'the address of the server cannot be used', {
    from: source,
    remedy: 'give an http or https URL without credentials and query, as https://auth.example.com',
  })
}

export interface Answer {
  readonly ok: boolean
  readonly status: number
  readonly text: string
}

export interface Server {
  url: string
  /** Where its address was given, for messages. */
  from: string | readonly string[]
  /** Believes whoever answers. Nothing secret may be sent then. */
  anyCertificate?: boolean
}

export interface Question {
  method?: string
  headers?: Readonly<Record<string, string>>
  body?: string
}

/** @throws {CliError} With the code for unreachable, when there is no whole answer. */
export async function ask(server: Server, path: string, question: Question = {}): Promise<Answer> {
  try {
    return await answerOf(server, path, question)
  } catch (error) {
    const { message, cause, code = '' } = error as NodeJS.ErrnoException
    const reason = (cause instanceof Error && cause.message) || message || code
    throw new CliError(EXIT.unreachable, `cannot reach ${server.url}: ${reason}`, {
      from: server.from,
      remedy: OF_CERTIFICATES.test(code)
        ? 'does NODE_EXTRA_CA_CERTS name the file of your own authority, and is this the name in the certificate?'
        : 'is the server up, and is this its address?',
    })
  }
}

/** Codes of a certificate that is not believed. */
const OF_CERTIFICATES = /CERT|UNABLE_TO_VERIFY/

/** Not by fetch, which offers no way to believe any certificate. Redirects are not followed. */
async function answerOf(server: Server, path: string, { body, ...question }: Question) {
  const url = new URL(server.url + path)
  const { request } = await import(url.protocol === 'https:' ? 'node:https' : 'node:http')
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const options = {
    ...question,
    ...(server.anyCertificate && { rejectUnauthorized: false }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }
  request(url, options, resolve).on('error', reject).end(body)
  const answer = await promise
  const status = answer.statusCode as number
  const text = (await answer.setEncoding('utf8').toArray()).join('')
  return { ok: status >= 200 && status < 300, status, text }
}
