/** Key servers for tests: each a real one, on a port of its own, that answers as it is told. */
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { keyServer } from '../../packages/server/src/keyserver/key-server.ts'
import type { Owner } from './service.ts'

/** A key server that answers by `listener`, and a source that asks it. */
export async function startKeyServer(owner: Owner, listener: RequestListener, timeoutMs = 250) {
  const asked: string[] = []
  const behaviour = { listener }
  const server = createServer((request, answer) => {
    asked.push(request.url ?? '')
    behaviour.listener(request, answer)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  owner.after(async () => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const clock = { at: 1_000_000 }
  const log: string[] = []
  const outcomes: string[] = []
  const note = (...line: unknown[]) => void log.push(JSON.stringify(line))
  const source = keyServer({
    url: `http://127.0.0.1:${port}/getkey`,
    log: { info: note, warn: note },
    asked: (outcome) => void outcomes.push(outcome),
    monotonic: () => clock.at,
    timeoutMs,
  })
  return { source, server, port, asked, behaviour, clock, log, outcomes }
}

/** Always the same answer. */
export const says =
  (status: number, body: string | Buffer = '', headers: Record<string, string> = {}) =>
  (...[, answer]: Parameters<RequestListener>) =>
    void answer.writeHead(status, headers).end(body)
