/**
 * A TCP proxy on 127.0.0.1 that does to connections what networks do. Every fault can be had, and
 * healed, while connections live.
 */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Owner } from './service.ts'

/** A connection of a client, and the one that it has to the server. */
interface Link {
  client: Socket
  server: Socket
  /** How many bytes more it carries before it is reset. */
  left: Record<Direction, number>
  /** The last that its client sent. */
  request: Buffer
}

export type Direction = 'toServer' | 'toClient'

export interface FaultProxy {
  readonly port: number
  /** Each piece of data is held back so long, in both directions; 0 heals. */
  delay(ms: number): void
  /** A black hole: connections are accepted and nothing gets through, until it is called with false. */
  swallow(on: boolean): void
  /**
   * Resets every live connection once it has carried so many bytes more in that direction. Those made
   * later are whole. `cut('toClient', 0)` loses the next answer, whose request has arrived.
   */
  cut(direction: Direction, afterBytes: number): void
  /** Of each connection that was cut so: the last that its client had sent. */
  readonly cutRequests: readonly Buffer[]
  /** Connections that are made later go to another port. */
  turnTo(port: number): void
  /** Resets what lives and listens no more, until it is called with false. */
  refuse(on: boolean): Promise<void>
}

/** Before the port `to`, as long as its owner. */
export async function startFaultProxy(owner: Owner, to: number): Promise<FaultProxy> {
  const links = new Set<Link>()
  const cutRequests: Buffer[] = []
  let port = to
  let delayMs = 0
  let swallowing = Promise.withResolvers<void>()
  swallowing.resolve()

  const server = createServer((client) => {
    const link = {
      client,
      server: connect(port, '127.0.0.1'),
      left: whole(),
      request: Buffer.alloc(0),
    }
    links.add(link)
    for (const socket of [client, link.server]) {
      socket.on('error', () => reset(link))
      socket.setNoDelay()
    }
    carry(link, client, link.server, 'toServer').catch(() => reset(link))
    carry(link, link.server, client, 'toClient').catch(() => reset(link))
    client.once('close', () => links.delete(link))
  })

  async function carry(link: Link, from: Socket, to: Socket, direction: Direction) {
    const { left } = link
    for await (const chunk of from as AsyncIterable<Buffer>) {
      if (direction === 'toServer') link.request = chunk
      if (delayMs > 0) await sleep(delayMs)
      await swallowing.promise
      const passed = chunk.subarray(0, left[direction])
      left[direction] -= passed.length
      if (passed.length > 0 && !to.write(passed)) await once(to, 'drain')
      // Here and not by an error: leaving the loop so would close the connection in peace.
      if (passed.length === chunk.length && left[direction] > 0) continue
      cutRequests.push(link.request)
      reset(link)
    }
    to.end()
  }

  async function listen(on: number) {
    server.listen(on, '127.0.0.1')
    await once(server, 'listening')
  }

  async function close() {
    const closed = once(server, 'close')
    server.close()
    for (const link of links) reset(link)
    await closed
  }

  await listen(0)
  const own = (server.address() as AddressInfo).port
  owner.after(async () => {
    swallowing.resolve()
    if (server.listening) await close()
  })

  return {
    port: own,
    cutRequests,
    delay(ms) {
      delayMs = ms
    },
    swallow(on) {
      swallowing.resolve()
      if (on) swallowing = Promise.withResolvers()
    },
    cut(direction, afterBytes) {
      for (const { left } of links) left[direction] = afterBytes
    },
    turnTo(another) {
      port = another
    },
    refuse: (on) => (on ? close() : listen(own)),
  }
}

const whole = (): Link['left'] => ({ toServer: Infinity, toClient: Infinity })

function reset({ client, server }: Link): void {
  for (const socket of [client, server]) if (!socket.destroyed) socket.resetAndDestroy()
}
