import type { Settings } from './settings.ts'

/** Where the service is reached from its own machine, by its settings. */
export function ownAddress({
  HOST,
  PORT,
  TLS_CERT,
}: Pick<Settings, 'HOST' | 'PORT' | 'TLS_CERT'>): string {
  // Who listens on every address listens on this one.
  const host = HOST === '0.0.0.0' ? '127.0.0.1' : HOST === '::' ? '::1' : HOST
  return addressText(TLS_CERT !== undefined, host, PORT)
}

/** `https://[::1]:7519` */
export const addressText = (speaksTls: boolean, host: string, port: number): string =>
  `${speaksTls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`
