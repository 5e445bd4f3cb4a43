/**
 * The members of a key as somebody gave them: taken once, then read strictly. Knows neither what
 * they mean nor which of them belong together.
 *
 * @module
 */
import { decodeBase64url } from './base64url.ts'
import { KeyError } from './errors.ts'

/** Of a text or of bytes. The longest keys, of ML-DSA and RSA, have a tenth of it as PEM. */
const MAX_LENGTH = 65_536

export type Members = Readonly<Record<string, unknown>>

/**
 * A copy of the own members, without a prototype: what a getter, a proxy or a polluted prototype says
 * later changes nothing. A member that is undefined is none, as in JSON.
 *
 * @throws {KeyError} `malformed` for what is no object, and for members that are not plain data;
 *   `unsupported` for members of more than 65,536 characters or bytes.
 */
export function snapshot(input: unknown, expected: string): Members {
  if (typeof input !== 'object' || input === null) {
    throw new KeyError('malformed', `expected ${expected}`)
  }
  const members = Object.entries(cloneOf(input)).filter(([, value]) => value !== undefined)
  for (const [name, value] of members) {
    const { length = 0 } = Object(value)
    if (length > MAX_LENGTH) throw new KeyError('unsupported', `${name} is longer than any key`)
  }
  return Object.assign(Object.create(null), Object.fromEntries(members))
}

function cloneOf(input: object): object {
  try {
    return structuredClone(input)
  } catch {
    throw new KeyError('malformed', 'its members are not plain data')
  }
}

/**
 * The bytes of a member: exactly `length` of them (RFC 7518 §6.2.1.2), or a number without zeros in
 * front where no length is given (RFC 7518 §2).
 *
 * @throws {KeyError} `malformed`.
 */
export function readBytes(members: Members, name: string, length: number | undefined): Buffer {
  const text = members[name]
  if (text === undefined) throw new KeyError('malformed', `${name} is missing`)
  const bytes = typeof text === 'string' ? decodeBase64url(text) : undefined
  if (bytes === undefined) throw new KeyError('malformed', `${name} is not base64url`)
  if (length === undefined && (bytes.length === 0 || bytes[0] === 0)) {
    throw new KeyError('malformed', `${name} is not a number without zeros in front`)
  }
  if (length !== undefined && bytes.length !== length) {
    throw new KeyError('malformed', `${name} has ${bytes.length} bytes and not ${length}`)
  }
  return bytes
}
