import type { Server } from 'node:https'
import type { Socket } from 'node:net'
import type { Logger } from 'pino'

/**
 * Keeps the connections that have no handshake yet: the HTTP server does not know them, and would
 * wait for them when it stops. One that fails is logged for who looks for it.
 */
export function watchHandshakes(server: Server, log: Logger) {
  const pending = new Map<string, Socket>()
  // The two sockets of a connection do not know each other; both know their peer.
  const peerOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`

  server.on('connection', (socket: Socket) => {
    const peer = peerOf(socket)
    pending.set(peer, socket)
    socket.once('close', () => {
      // The same peer may have come back before the end of its old socket was told.
      if (pending.get(peer) === socket) pending.delete(peer)
    })
  })
  server.on('secureConnection', (socket) => pending.delete(peerOf(socket)))
  server.on('tlsClientError', ({ code }: NodeJS.ErrnoException) =>
    log.debug({ code }, 'no handshake'),
  )
  return {
    /** Ends them. No request was sent on any of them. */
    close(): void {
      for (const socket of pending.values()) socket.destroy()
    },
  }
}
