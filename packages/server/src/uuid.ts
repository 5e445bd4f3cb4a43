import { randomFillSync } from 'node:crypto'

// One call into the random generator serves 512 identifiers.
const pool = Buffer.allocUnsafe(10 * 512)
let offset = pool.length

/**
 * A UUID version 7 (RFC 9562 §5.7): 48 bits of `now` in epoch milliseconds, then 74 random bits.
 * Made from the clock that is passed in, because the runtime's own generator reads its own.
 */
export function uuidv7(now: number): string {
  if (offset === pool.length) {
    randomFillSync(pool)
    offset = 0
  }
  const random = pool.toString('hex', offset, offset + 10)
  const variant = ((pool[offset + 1] as number) & 0x3) + 8
  offset += 10
  const time = now.toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-${variant.toString(16)}${random.slice(5, 8)}-${random.slice(8)}`
}
