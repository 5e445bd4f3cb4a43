/** A TLS client that offers what a test tells it to, and says what came of it. */
import { type ConnectionOptions, connect } from 'node:tls'

export interface Handshake {
  protocol: string | null
  alpn: string | false | null
  /** The CN of the certificate. */
  name: string
}

/** What Node offers only when it is told to: versions below 1.2, and SHA-1 for their signatures. */
export const only = (version: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'): ConnectionOptions => ({
  minVersion: version,
  maxVersion: version,
  ciphers: 'DEFAULT:@SECLEVEL=0',
})

/** @throws With OpenSSL's code, when there is no handshake. */
export async function handshake(address: string, options: ConnectionOptions): Promise<Handshake> {
  const { hostname, port } = new URL(address)
  const { promise, resolve, reject } = Promise.withResolvers<Handshake>()
  const socket = connect({ host: hostname, port: Number(port), ...options }, () => {
    const { CN } = socket.getPeerCertificate().subject
    resolve({ protocol: socket.getProtocol(), alpn: socket.alpnProtocol, name: String(CN) })
    socket.destroy()
  })
  socket.on('error', reject)
  return promise
}
