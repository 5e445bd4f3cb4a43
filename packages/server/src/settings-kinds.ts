import { BlockList, isIP } from 'node:net'
import { isPostgres, problemOfPostgresUrl } from './postgres-url.ts'

/** How the text of a setting is read. `parse` throws an Error that says what was expected. */
export interface Kind<T> {
  readonly parse: (text: string) => T
  /** What a value looks like, for the printed table. */
  readonly shape: string
}

/** So many requests in each window of so many seconds, or `undefined` for `off`. */
export interface Rate {
  readonly limit: number
  readonly windowSeconds: number
}

const fail = (expected: string): never => {
  throw new Error(expected)
}

export const text: Kind<string> = {
  shape: 'text',
  // A variable that expands to nothing, mostly: `JOTTER_DATA=$UNSET`.
  parse: (value) => (value === '' ? fail('must not be empty') : value),
}

/** Never repeated in a message: what is given in place of a path may be the key itself. */
export const path: Kind<string> = {
  shape: 'path of a file',
  parse: (value) => {
    if (value === '') return fail('must not be empty')
    return /-----BEGIN|[\0\r\n]/.test(value)
      ? fail('must be the path of a file, not what is in it')
      : value
  },
}

export const integer = (min: number, max: number): Kind<number> => ({
  shape: `${min} to ${max}`,
  parse: (value) => {
    const number = Number(value)
    return /^\d{1,15}$/.test(value) && number >= min && number <= max
      ? number
      : fail(`must be a whole number from ${min} to ${max}`)
  },
})

export const oneOf = <const T extends string>(...choices: T[]): Kind<T> => ({
  shape: choices.map((choice) => `\`${choice}\``).join(', '),
  parse: (value) =>
    choices.find((choice) => choice === value) ?? fail(`must be one of ${choices.join(', ')}`),
})

export const boolean: Kind<boolean> = {
  shape: '`true` or `false`',
  parse: (value) => {
    if (value === 'true' || value === '1') return true
    if (value === 'false' || value === '0') return false
    return fail('must be true or false')
  },
}

const SECONDS = { second: 1, minute: 60, hour: 3600, day: 86_400 } as const

export const rate: Kind<Rate | undefined> = {
  shape: '`COUNT/second`, `/minute`, `/hour`, `/day` or `off`',
  parse: (value) => {
    if (value === 'off') return undefined
    const [, count, unit] = /^([1-9]\d{0,8})\/(second|minute|hour|day)$/.exec(value) ?? []
    return count !== undefined
      ? { limit: Number(count), windowSeconds: SECONDS[unit as keyof typeof SECONDS] }
      : fail('must look like 10/minute (second, minute, hour, day), or be off')
  },
}

/** 0 for never. */
export const daysOrOff: Kind<number> = {
  shape: 'whole number from 0 to 3650, or `off`',
  parse: (value) => {
    if (value === 'off') return 0
    return /^\d{1,4}$/.test(value) && Number(value) <= 3_650
      ? Number(value)
      : fail('must be a whole number from 0 to 3650, or off')
  },
}

const list = <T>(shape: string, parseOne: (item: string) => T): Kind<T[]> => ({
  shape,
  parse: (value) =>
    value
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '')
      .map(parseOne),
})

/** Holds IPv4 addresses written as IPv6 (`::ffff:10.0.0.1`), however they are spelt. */
const mapped = new BlockList()
mapped.addRange('0.0.0.0', '255.255.255.255')

/** Addresses and networks. A number alone would be a hop count, which a client can forge around. */
export const networks = list('addresses and CIDRs, separated by commas', (item) => {
  const [address = '', bits, ...rest] = item.split('/')
  const family = isIP(address)
  const max = family === 6 ? 128 : 32
  // Not /0: a network of all addresses would let every client name its own.
  const min = family === 6 && mapped.check(address, 'ipv6') ? 97 : 1
  const whole =
    bits === undefined ||
    (/^[1-9]\d{0,2}$/.test(bits) && Number(bits) >= min && Number(bits) <= max)
  return family !== 0 && whole && rest.length === 0
    ? item
    : fail(`"${item}" is no address or CIDR, as 10.0.0.0/8`)
})

export const origins = list('origins, separated by commas', (item) =>
  // An asterisk is a legal host, and an origin that no browser ever sends.
  URL.canParse(item) && new URL(item).origin === item && !item.includes('*')
    ? item
    : fail(`"${item}" is no exact origin, as https://app.example.com`),
)

/** Compared byte for byte by whoever verifies, so nothing in it that a URL parser would drop. */
export const url: Kind<string> = {
  shape: 'http or https URL without a trailing slash',
  parse: (value) =>
    URL.canParse(value) && /^https?:\/\/[!-~]+$/.test(value) && !/[?#@\\]|\/$/.test(value)
      ? value
      : fail('must be an http or https URL without user, query, fragment or trailing slash'),
}

/** A name that is compared byte for byte (RFC 7519 §2, StringOrURI). */
export const audience: Kind<string> = {
  shape: 'text of 1 to 255 characters, without spaces',
  parse: (value) =>
    /^[\x21-\x7e]{1,255}$/.test(value)
      ? value
      : fail('must be 1 to 255 printable ASCII characters without spaces'),
}

/** Never repeated in a message: it may hold a password. */
export const databaseUrl: Kind<string> = {
  shape: '`sqlite:PATH`, `postgres://USER:PASSWORD@HOST/DATABASE` or `memory:`',
  parse: (value) => {
    if (isPostgres(value)) {
      const problem = problemOfPostgresUrl(value)
      return problem === undefined ? value : fail(problem)
    }
    // SQLite's own `:memory:` and `file:` would give each connection another database.
    return /^(?:sqlite:(?!:memory:$|file:)[^\0]+|memory:)$/.test(value)
      ? value
      : fail('must be sqlite:PATH, postgres://USER:PASSWORD@HOST/DATABASE or memory:')
  },
}

/** No longer credential is read from a request. */
const SECRET_MAX = 512

/** A header value that arrives unchanged: no spaces at the ends, nothing but printable ASCII. */
export const secretText = (minLength: number): Kind<string> => ({
  shape: `text of ${minLength} to ${SECRET_MAX} characters`,
  parse: (value) => {
    if (value.length < minLength) return fail(`must have at least ${minLength} characters`)
    if (value.length > SECRET_MAX) return fail(`must have at most ${SECRET_MAX} characters`)
    return /^[\x21-\x7e]+$/.test(value) ? value : fail('must be printable ASCII without spaces')
  },
})

/** Standard base64 (RFC 4648 §4), decoded. */
export const base64: Kind<Buffer> = {
  shape: 'standard base64',
  parse: (value) => {
    const dirt = /[^A-Za-z0-9+/=]/u.exec(value)
    if (dirt !== null) {
      // Decoders disagree on such a key: some drop the character, Node reads - and _ as + and /.
      return fail(
        `has the character ${JSON.stringify(dirt[0])} at position ${dirt.index + 1}, which is not in the standard base64 alphabet`,
      )
    }
    const bytes = Buffer.from(value, 'base64')
    return value !== '' && bytes.toString('base64') === value
      ? bytes
      : fail('is not standard base64: its length or its padding is wrong')
  },
}
