/**
 * The compact serialisation (RFC 7515 §7.1), read strictly. Nothing else in the project takes a
 * token apart. Knows neither keys nor claims: the payload stays bytes, since nobody may look into it
 * before the signature is checked.
 *
 * @module
 */
import { decodeBase64url, encodeBase64url } from './base64url.ts'
import { TokenError } from './errors.ts'
import { JsonError, parseStrictJson } from './json.ts'

/** Longer texts are neither parsed nor made. Headers of HTTP end at 16 KiB in Node. */
export const MAX_TOKEN_CHARACTERS = 8192

/** What the header says (RFC 7515 §4). Only `alg`, `kid`, `typ` are ever acted on. */
export interface JoseHeader {
  readonly alg: string
  readonly kid?: string
  readonly typ?: string
  readonly [member: string]: unknown
}

export interface CompactJws {
  readonly header: JoseHeader
  readonly payload: Buffer
  /** Empty in a token with `alg` `none`, which no key allows. */
  readonly signature: Buffer
  /** The text that was signed. */
  readonly signingInput: string
}

/** @throws {TokenError} `malformed`. */
export function parseCompact(token: unknown): CompactJws {
  if (typeof token !== 'string') throw malformed('the token is not a string')
  if (token.length > MAX_TOKEN_CHARACTERS) {
    throw malformed(`the token is longer than ${MAX_TOKEN_CHARACTERS} characters`)
  }
  // Not split(): a text of dots would become as many strings (CVE-2025-30204).
  const first = token.indexOf('.')
  const second = token.indexOf('.', first + 1)
  if (first === -1 || second === -1) {
    throw new TokenError('malformed', { text: 'Not enough segments' })
  }
  const header = headerOf(token.slice(0, first))
  const payload = segment('payload', token.slice(first + 1, second))
  // Detached (RFC 7797, RFC 7515 appendix F): what was signed would not be what is read.
  if (payload.length === 0) throw malformed('the payload is empty')
  // A fourth segment, as in a JWE, is a dot here and so outside the alphabet.
  const signature = segment('signature', token.slice(second + 1))
  return { header, payload, signature, signingInput: token.slice(0, second) }
}

/** Reads a JSON object. @throws {TokenError} `malformed`. */
export function parseObject(part: string, bytes: Uint8Array): Record<string, unknown> {
  const value = parseJson(part, bytes)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw malformed(`the ${part} is not a JSON object`)
  }
  return value as Record<string, unknown>
}

function parseJson(part: string, bytes: Uint8Array): unknown {
  try {
    return parseStrictJson(bytes)
  } catch (cause) {
    if (cause instanceof JsonError) throw malformed(`the ${part}: ${cause.message}`, { cause })
    throw cause
  }
}

function segment(part: string, text: string): Buffer {
  const bytes = decodeBase64url(text)
  if (bytes === undefined) throw malformed(`the ${part} is not base64url`)
  return bytes
}

/**
 * Headers by their exact text. A key writes one header into all its tokens, and reading it again
 * would be a fifth of a whole check. Bounded in number and size and emptied when full, so that a
 * flood of made-up headers costs no memory.
 */
const knownHeaders = new Map<string, JoseHeader>()
const MAX_KNOWN_HEADERS = 64
const MAX_KNOWN_CHARACTERS = 256

function headerOf(text: string): JoseHeader {
  const known = knownHeaders.get(text)
  if (known !== undefined) return known
  const bytes = segment('header', text)
  const header = parseHeader(bytes)
  // Where every member is a text, whoever is given the header cannot change it for those after.
  const isFlat = Object.values(header).every((value) => typeof value === 'string')
  if (isFlat && text.length <= MAX_KNOWN_CHARACTERS) {
    if (knownHeaders.size >= MAX_KNOWN_HEADERS) knownHeaders.clear()
    // Written anew: `text` is a slice, and V8 would keep the whole token alive with it.
    knownHeaders.set(encodeBase64url(bytes), Object.freeze(header))
  }
  return header
}

function parseHeader(bytes: Uint8Array): JoseHeader {
  const header = parseObject('header', bytes)
  for (const { member, refuses } of HEADER_RULES) {
    if (refuses(Object.hasOwn(header, member) ? header[member] : undefined)) {
      throw malformed(`the header's ${member} is refused`)
    }
  }
  return header as JoseHeader
}

const isPresent = (value: unknown) => value !== undefined
const isOtherThanText = (value: unknown) => value !== undefined && typeof value !== 'string'

const HEADER_RULES: readonly { member: string; refuses: (value: unknown) => boolean }[] = [
  { member: 'alg', refuses: (value) => typeof value !== 'string' || value === '' },
  { member: 'typ', refuses: isOtherThanText },
  { member: 'kid', refuses: isOtherThanText },
  // No extension is understood, so none may be critical (RFC 7515 §4.1.11).
  { member: 'crit', refuses: isPresent },
  // Not for JWT (RFC 7797 §7), and without `crit` only some parsers obey it.
  { member: 'b64', refuses: isPresent },
  // JWE only (RFC 7516 §4.1.3).
  { member: 'zip', refuses: isPresent },
  // A token inside the token (RFC 7519 §5.2): nothing here would check the inner one.
  { member: 'cty', refuses: (value) => isOtherThanText(value) || isNested(value) },
]

function isNested(cty: unknown): boolean {
  return typeof cty === 'string' && /^\s*(?:application\/)?jwt\s*(?:;|$)/i.test(cty)
}

function malformed(detail: string, options?: ErrorOptions): TokenError {
  return new TokenError('malformed', { ...options, detail })
}
