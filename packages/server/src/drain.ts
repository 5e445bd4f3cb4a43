import type { Server } from 'node:http'
import { Server as NetServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** Clients that hold an idle connection get this long to use it once more. */
const GRACE_MS = 1_000
const DEADLINE_MS = 9_000

/**
 * Stops accepting and serves what was accepted, for 9 s at most: supervisors kill after 10. Answers
 * must carry `Connection: close` from now on. Fulfils when no connection is left.
 *
 * @param unfinished What is on its way to be a connection, and closed after the grace.
 */
export async function drain(server: Server, unfinished?: { close(): void }): Promise<void> {
  const { promise: closed, resolve } = Promise.withResolvers<void>()
  // Not server.close(): that ends idle connections at once, and with them a request whose first
  // byte is on its way.
  NetServer.prototype.close.call(server, () => resolve())
  await Promise.race([closed, sleep(GRACE_MS)])

  const sweep = setInterval(() => server.closeIdleConnections(), 50)
  const deadline = setTimeout(() => server.closeAllConnections(), DEADLINE_MS - GRACE_MS)
  server.closeIdleConnections()
  unfinished?.close()
  await closed
  clearInterval(sweep)
  clearTimeout(deadline)
}
