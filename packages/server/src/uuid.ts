import { randomBytes } from 'node:crypto'

// One call into the random generator serves 512 identifiers, of 20 hexadecimal digits each.
const POOL_BYTES = 512 * 10
const DIGITS = 20
let pool = ''
let offset = 0

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
  // Two bits are fixed and two random: 8, 9, a or b.
  const variant = ((Number.parseInt(random.charAt(3), 16) & 0x3) + 8).toString(16)
  const time = now.toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-${variant}${random.slice(5, 8)}-${random.slice(8)}`
}
