/** Requests of commands to a server: how its address is read, and what goes wrong on the way. */
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

/** @throws {CliError} With the code for unreachable, when there is no whole answer. */
export async function ask(
  server: { url: string; from: string | readonly string[] },
  path: string,
  init: RequestInit = {},
): Promise<Answer> {
  try {
    const answer = await fetch(server.url + path, {
      ...init,
      // Where a redirect leads, nobody has agreed to send a key.
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    return { ok: answer.ok, status: answer.status, text: await answer.text() }
  } catch (error) {
    const { message, cause } = error as Error
    const reason = cause instanceof Error && cause.message !== '' ? cause.message : message
    throw new CliError(EXIT.unreachable, `cannot reach ${server.url}: ${reason}`, {
      from: server.from,
      remedy: 'is the server up, and is this its address?',
    })
  }
}
