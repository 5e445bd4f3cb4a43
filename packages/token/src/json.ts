/**
 * JSON that every parser reads alike: what others interpret in two ways is refused here (RFC 8259
 * §4, RFC 7493 §2). Knows nothing of tokens; the service reads its request bodies with it too.
 *
 * Three linear passes: a scan that bounds nesting and members before anything is built, then
 * `JSON.parse`, then a walk over the result. A name given twice, however it is escaped, leaves the
 * result with fewer members than the text has colons: comparing the two counts is the whole check.
 *
 * @module
 */

/** Problem -> message. */
const JSON_PROBLEMS = {
  encoding: 'not well-formed UTF-8',
  syntax: 'not valid JSON',
  depth: 'nested too deep',
  members: 'too many members',
  duplicate: 'a member is named twice',
  name: 'a member has a forbidden name',
  text: 'a string holds NUL or half of a surrogate pair',
  number: 'a number is too large to be exact',
} as const

export type JsonProblem = keyof typeof JSON_PROBLEMS

/** Why a text was refused. Nothing of the text is in it, nor is the parser's own error. */
export class JsonError extends Error {
  override readonly name = 'JsonError'
  readonly problem: JsonProblem

  constructor(problem: JsonProblem) {
    super(JSON_PROBLEMS[problem])
    this.problem = problem
  }
}

export interface JsonLimits {
  /** Objects and arrays inside each other. Default 32. */
  readonly depth?: number
  /** Members of all objects together. Default 256. Elements of arrays do not count. */
  readonly members?: number
}

/**
 * Reads one JSON text. The caller bounds its length.
 *
 * Refused besides bad syntax: bytes that are not UTF-8, a byte order mark, duplicate names, the name
 * `__proto__`, NUL and lone surrogates (no database holds them), numbers beyond 2^53 - 1 (two of
 * them could become one value).
 *
 * @throws {JsonError}
 */
export function parseStrictJson(
  source: Uint8Array | string,
  { depth = 32, members = 256 }: JsonLimits = {},
): unknown {
  const bytes = typeof source === 'string' ? encodeUtf8(source) : source
  const written = countMembers(bytes, depth, members)
  const text = typeof source === 'string' ? source : decodeUtf8(source)
  const value = parse(text)
  // In a well-formed text that parses, NUL and lone surrogates can only be escapes.
  if (inspect(value, text.includes('\\u')) !== written) throw new JsonError('duplicate')
  return value
}

/** Whether a text can be stored and sent everywhere: no NUL, no half of a surrogate pair. */
export function isCleanText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0')
}

function encodeUtf8(text: string): Uint8Array {
  if (!text.isWellFormed()) throw new JsonError('encoding')
  return Buffer.from(text)
}

// A lenient decoder would map different bytes to one U+FFFD, and so two subjects to one. The byte
// order mark is to stay in the text, where JSON.parse refuses it.
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes)
  } catch {
    throw new JsonError('encoding')
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Its message quotes the text, so it is not passed on as the cause.
    throw new JsonError('syntax')
  }
}

/** The bytes that mean something outside strings: most do not, and one look tells. */
const STRUCTURAL = new Uint8Array(256)
for (const byte of Buffer.from('"[]{}:')) STRUCTURAL[byte] = 1

/**
 * Counts colons outside strings: in a text that turns out to be JSON, its members. Over bytes, which
 * V8 reads twice as fast as characters; no byte of a longer UTF-8 sequence looks like ASCII.
 */
function countMembers(bytes: Uint8Array, maxDepth: number, maxMembers: number): number {
  let depth = 0
  let members = 0
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number
    if (STRUCTURAL[byte] === 0) continue
    switch (byte) {
      case 0x22: // "
        i = endOfString(bytes, i + 1)
        break
      case 0x5b: // [
      case 0x7b: // {
        if (++depth > maxDepth) throw new JsonError('depth')
        break
      case 0x5d: // ]
      case 0x7d: // }
        depth--
        break
      case 0x3a: // :
        if (++members > maxMembers) throw new JsonError('members')
        break
    }
  }
  return members
}

/** The index of the closing quote, or the length when there is none. */
function endOfString(bytes: Uint8Array, from: number): number {
  let i = from
  for (; i < bytes.length; i++) {
    if (bytes[i] === 0x22) break
    if (bytes[i] === 0x5c) i++ // a backslash, and what it escapes
  }
  return i
}

const isOwn = Object.prototype.hasOwnProperty

/** Counts the members below `value` and refuses what must not be in it. The depth is bounded. */
function inspect(value: unknown, escaped: boolean): number {
  if (typeof value === 'string') {
    if (escaped && !isCleanText(value)) throw new JsonError('text')
    return 0
  }
  if (typeof value === 'number') {
    if (Math.abs(value) > Number.MAX_SAFE_INTEGER) throw new JsonError('number')
    return 0
  }
  if (typeof value !== 'object' || value === null) return 0
  let members = 0
  if (Array.isArray(value)) {
    for (const element of value) members += inspect(element, escaped)
    return members
  }
  // V8 walks an object this way without a list of its names, and drops the test where it can.
  for (const name in value) {
    if (!isOwn.call(value, name)) continue
    // An own property after JSON.parse, but the prototype of whatever it is assigned to later.
    if (name === '__proto__') throw new JsonError('name')
    if (escaped && !isCleanText(name)) throw new JsonError('text')
    members += 1 + inspect((value as Record<string, unknown>)[name], escaped)
  }
  return members
}
