import { constants } from 'node:crypto'
import type { ServerOptions } from 'node:https'
import { DEFAULT_CIPHERS, type SecureContextOptions } from 'node:tls'
import type { Settings } from '../settings.ts'

export type TlsMinVersion = Settings['TLS_MIN_VERSION']

/** A certificate with its chain, and its key, both as PEM. */
export interface Pair {
  readonly cert: string
  readonly key: string
}

/** As long as headers may take. Node's own two minutes would keep many silent connections. */
const HANDSHAKE_TIMEOUT_MS = 10_000

/** What a version asks of OpenSSL. TLS 1.0 has no row. */
const VERSIONS = {
  // Its signatures are made with SHA-1, which OpenSSL refuses at every level above 0.
  '1.1': { minVersion: 'TLSv1.1', ciphers: `${DEFAULT_CIPHERS}:@SECLEVEL=0` },
  '1.2': { minVersion: 'TLSv1.2', ciphers: DEFAULT_CIPHERS },
  '1.3': { minVersion: 'TLSv1.3', ciphers: DEFAULT_CIPHERS },
} as const satisfies Record<TlsMinVersion, SecureContextOptions>

/** What a reload replaces. */
export const contextOptions = (pair: Pair, oldest: TlsMinVersion): SecureContextOptions => ({
  ...pair,
  ...VERSIONS[oldest],
  // A handshake costs us more than the client: it gets one for each connection.
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
})

/** What stays for the life of the server. */
export const serverOptions = (pair: Pair, oldest: TlsMinVersion): ServerOptions => ({
  ...contextOptions(pair, oldest),
  handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
  ALPNProtocols: ['http/1.1'],
})
