/**
 * Which 32 bytes are an Ed25519 public key. OpenSSL takes any: also points of small order, for which
 * one fixed signature fits every message.
 *
 * @module
 */
import { KeyError } from './errors.ts'

const P = 2n ** 255n - 19n
/** -121665/121666 modulo P (RFC 8032 §5.1). */
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n

/** The y of two of the points of order 8; that of the other two is its negative. */
const ORDER_8 = 2707385501144840649318225287225658788936804267575313519463743609750303402022n

/** The y of the eight points whose order divides 8: of order 1, 2, 4 and 8. */
const SMALL_ORDER = new Set([1n, P - 1n, 0n, ORDER_8, P - ORDER_8])

/**
 * @param key The 32 bytes of RFC 8032 §5.1.5.
 * @throws {KeyError} `malformed` for what is no point or not its one encoding, `weak` for one of small
 *   order.
 */
export function checkEd25519Public(key: Uint8Array): void {
  const encoded = BigInt(`0x${Buffer.from(key).reverse().toString('hex')}`)
  const y = encoded & (2n ** 255n - 1n)
  if (y >= P) throw new KeyError('malformed', 'x is not the encoding of a point')
  if (SMALL_ORDER.has(y)) throw new KeyError('weak', 'x is a point of small order')
  if (!isOnCurve(y)) throw new KeyError('malformed', 'x is no point of Ed25519')
}

/** Whether x² = (y² - 1) / (D·y² + 1) has a solution; the quotient is a square where the product is. */
function isOnCurve(y: bigint): boolean {
  const square = (y * y) % P
  const product = ((square - 1n) * (D * square + 1n)) % P
  return power((product + P) % P, (P - 1n) / 2n) === 1n
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  for (const bit of exponent.toString(2)) {
    result = (result * result) % P
    if (bit === '1') result = (result * base) % P
  }
  return result
}
