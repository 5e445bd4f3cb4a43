/**
 * Tokens made by hand for the tests: any header, any payload, signed with bare `node:crypto`, so that
 * nothing of the package is used to judge the package.
 *
 * @module
 */
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { importKey } from '../src/index.ts'

export const SECRET = Buffer.from('0123456789abcdef0123456789abcdef')
export const KEY = importKey({ secret: SECRET, alg: 'HS256' })
/** Where the clock of the tests stands. */
export const NOW = 1_700_000_000
export const CLAIMS = { iss: 'me', aud: 'app', sub: 'user-1', iat: NOW, exp: NOW + 60 }
/** What accepts `CLAIMS`. */
export const OPTIONS = { issuer: 'me', audience: 'app', clock: () => NOW }

/** An object is written as JSON, a string as it is, bytes as they are. */
export type Part = object | string | Uint8Array

export interface Forgery {
  readonly header?: Part
  readonly payload?: Part
  readonly secret?: string | Uint8Array
  readonly hash?: string
}

export function forge({
  header = { typ: 'JWT', alg: 'HS256' },
  payload = CLAIMS,
  secret = SECRET,
  hash = 'sha256',
}: Forgery = {}): string {
  return signText(`${encode(header)}.${encode(payload)}`, secret, hash)
}

/** Appends the signature of `input`, whatever `input` is. */
export function signText(input: string, secret: string | Uint8Array = SECRET, hash = 'sha256') {
  return `${input}.${createHmac(hash, secret).update(input).digest('base64url')}`
}

export function encode(part: Part): string {
  const isRaw = typeof part === 'string' || part instanceof Uint8Array
  return Buffer.from(isRaw ? part : JSON.stringify(part)).toString('base64url')
}

/** A file of `vectors/`. */
export function readVector(name: string): string {
  return readFileSync(new URL(`../vectors/${name}`, import.meta.url), 'utf8')
}
