/**
 * The server's certificate and key, from their files. What is wrong with them is told in words of
 * ours and in OpenSSL's names of reasons: no message holds a part of a file.
 */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { isOpenToAll } from '../open-to-all.ts'
import type { Settings } from '../settings.ts'
import type { Finding, Rule } from '../settings-rules.ts'
import { contextOptions, type Pair } from './options.ts'

export type TlsSettings = Pick<Settings, 'TLS_CERT' | 'TLS_KEY' | 'TLS_MIN_VERSION'>

export interface ReadPair {
  /** Undefined when a finding is fatal. */
  pair: Pair | undefined
  /** Of the certificate, as RFC 3339. */
  expiresAt: string | undefined
  findings: readonly Finding[]
}

/** The files have become unusable between the check of the settings and the start. */
export class CertificateError extends Error {
  override readonly name = 'CertificateError'

  constructor(findings: readonly Finding[]) {
    const lines = findings.map(({ setting, message }) => `${setting} ${message}`)
    super(`the certificate cannot be used: ${lines.join('; ')}`)
  }
}

/** The rule for commands that run the service. @param now Epoch milliseconds. */
export const certificateRule = (now: number): Rule => ({
  of: ['TLS_CERT', 'TLS_KEY', 'TLS_MIN_VERSION'],
  check: (settings) => readPair(settings, now)?.findings,
})

/** Reads both files and says everything that stands against them; undefined where TLS is off. */
export function readPair(settings: TlsSettings, now: number): ReadPair | undefined {
  const { TLS_CERT, TLS_KEY, TLS_MIN_VERSION } = settings
  if (TLS_CERT === undefined || TLS_KEY === undefined) return undefined
  const findings: Finding[] = []

  function attempt<T>(setting: Finding['setting'], work: () => T): T | undefined {
    try {
      return work()
    } catch (error) {
      findings.push({ setting, message: (error as Error).message, fatal: true })
      return undefined
    }
  }

  const chain = attempt('TLS_CERT', () => readChain(TLS_CERT))
  const key = attempt('TLS_KEY', () => readKey(TLS_KEY))
  const message = chain && whenNotValid(chain.leaf, now)
  if (message) findings.push({ setting: 'TLS_CERT', message, fatal: false })
  const read = chain && key && { cert: chain.pem, key: key.pem }
  const fits = read && attempt('TLS_KEY', () => fitting(read, chain.leaf, key.object))
  const pair = fits && attempt('TLS_CERT', () => accepted(fits, TLS_MIN_VERSION))
  return { pair, expiresAt: chain?.leaf.validToDate.toISOString(), findings }
}

/** Larger files are no certificates. */
const MAX_BYTES = 1024 * 1024

/** Does not wait for what a pipe may bring: a reload happens while others are served. */
function readText(file: string): { text: string; mode: number } {
  const descriptor = opened(file)
  try {
    const stats = fstatSync(descriptor)
    if (!stats.isFile()) throw new Error('is no file')
    if (stats.size > MAX_BYTES) throw new Error('is larger than 1 MiB')
    return { text: readFileSync(descriptor, 'latin1'), mode: stats.mode }
  } finally {
    closeSync(descriptor)
  }
}

function opened(file: string): number {
  try {
    return openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    throw new Error(`cannot be read: ${(error as NodeJS.ErrnoException).code}`)
  }
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g

function readChain(file: string): { pem: string; leaf: X509Certificate } {
  const blocks = readText(file).text.match(CERTIFICATE) ?? []
  const leaf = certificates(blocks)[0]
  if (leaf === undefined) throw new Error('is no certificate in PEM')
  if (Number.isNaN(leaf.validFromDate.getTime() + leaf.validToDate.getTime())) {
    throw new Error('has a date that cannot be read')
  }
  return { pem: blocks.join('\n'), leaf }
}

function certificates(blocks: readonly string[]): X509Certificate[] {
  try {
    return blocks.map((block) => new X509Certificate(block))
  } catch {
    return []
  }
}

function readKey(file: string): { pem: string; object: KeyObject } {
  const { text: pem, mode } = readText(file)
  if (isOpenToAll(mode)) throw new Error('is open to every user of this machine: chmod 600 it')
  if (/^-----BEGIN ENCRYPTED|^Proc-Type: .*ENCRYPTED/m.test(pem)) {
    throw new Error('needs a passphrase: give a key without one')
  }
  try {
    return { pem, object: createPrivateKey(pem) }
  } catch {
    throw new Error('is no private key in PEM')
  }
}

function fitting(pair: Pair, leaf: X509Certificate, key: KeyObject): Pair {
  if (!leaf.checkPrivateKey(key)) throw new Error('does not belong to the certificate of TLS_CERT')
  return pair
}

/** What only OpenSSL knows, such as which keys it finds too short. */
function accepted(pair: Pair, oldest: TlsSettings['TLS_MIN_VERSION']): Pair {
  try {
    createSecureContext(contextOptions(pair, oldest))
    return pair
  } catch (error) {
    const { code, reason = code } = error as NodeJS.ErrnoException & { reason?: string }
    throw new Error(`is refused by OpenSSL: ${reason}`)
  }
}

/** A certificate that is not valid today is used: whoever checks it will say so, others go on. */
function whenNotValid({ validFromDate, validToDate }: X509Certificate, now: number) {
  if (now > validToDate.getTime()) return `has expired at ${validToDate.toISOString()}`
  if (now < validFromDate.getTime()) return `is not valid before ${validFromDate.toISOString()}`
  return undefined
}
