import { randomBytes } from 'node:crypto'

// One call into the random generator serves 512 identifiers, of 20 hexadecimal digits each.
const POOL_BYTES = 512 * 10
const DIGITS = 20
let pool = ''
let offset = 0

// Many are made within one millisecond, and writing a number that large is the slowest part.
let lastTime = -1
let lastPrefix = ''

/**
 * A UUID version 7 (RFC 9562 §5.7): 48 bits of `now` in epoch milliseconds, then 74 random bits.
 * Made from the clock that is passed in, because the runtime's own generator reads its own.
 */
export function uuidv7(now: number): string {
  if (offset === pool.length) {
    pool = randomBytes(POOL_BYTES).toString('hex')
    offset = 0
  }
  const random = pool.slice(offset, offset + DIGITS)
  offset += DIGITS
  if (now !== lastTime) {
    const time = now.toString(16).padStart(12, '0')
    lastPrefix = `${time.slice(0, 8)}-${time.slice(8)}-7`
    lastTime = now
  }
  return `${lastPrefix}${random.slice(0, 3)}-${variantOf(random)}${random.slice(5, 8)}-${random.slice(8)}`
}

/** Of the variant's digit two bits are fixed and two random: 8, 9, a or b. */
const variantOf = (random: string) => '89ab'.charAt(random.charCodeAt(3) & 0x3)

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Of any version, as we write them. */
export const isUuid = (text: string): boolean => UUID.test(text)
