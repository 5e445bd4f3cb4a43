/**
 * Which RSA keys are too weak to trust, and whether two halves belong together. OpenSSL takes almost
 * any two numbers for a public key.
 *
 * @module
 */
import { KeyError } from './errors.ts'

/** RFC 7518 §3.3 demands the first. Beyond the second a single check takes milliseconds. */
const MIN_BITS = 2048
const MAX_BITS = 8192
/** The numbers that FIPS 186-5 §A.1.1 allows begin here, and all of practice is at this one. */
const MIN_EXPONENT = 65_537n
/** One of 64 bits makes a check ten times as dear. */
const MAX_EXPONENT_BITS = 32

/** @throws {KeyError} `weak`, or `unsupported` for what is too large, or no number of bits. */
export function checkModulusBits(bits: number): void {
  if (!Number.isInteger(bits)) throw new KeyError('unsupported', 'its bits are no whole number')
  if (bits < MIN_BITS) throw weak(`it has ${bits} bits, ${MIN_BITS} are needed`)
  if (bits > MAX_BITS) {
    throw new KeyError('unsupported', `it has ${bits} bits, ${MAX_BITS} are the most`)
  }
}

/** @throws {KeyError} `weak`, or `unsupported` for what is too large. */
export function checkRsaPublic({ n, e }: { n: bigint; e: bigint }): void {
  checkModulusBits(bitsOf(n))
  if (e % 2n === 0n) throw weak('its public exponent is even')
  if (e === 1n) throw weak('its public exponent is 1: every text signs itself')
  if (e < MIN_EXPONENT) {
    throw weak('its public exponent is below 65537: lax checks elsewhere would take forged padding')
  }
  if (bitsOf(e) > MAX_EXPONENT_BITS) {
    throw new KeyError('unsupported', `its public exponent has more than ${MAX_EXPONENT_BITS} bits`)
  }
  if (SMALL_PRIMES.some((prime) => n % prime === 0n)) throw weak('its modulus has a small factor')
  if (SMALL_PRIMES.every((prime) => isPowerOf65537(n % prime, prime))) {
    throw weak('its primes are guessable (ROCA, CVE-2017-15361): the chip that made it is flawed')
  }
}

export interface RsaPrivate {
  readonly n: bigint
  readonly e: bigint
  readonly d: bigint
  readonly p: bigint
  readonly q: bigint
  readonly dp: bigint
  readonly dq: bigint
  readonly qi: bigint
}

/** RFC 8017 §3.2. OpenSSL looks at some of these only. */
export function isRsaPair({ n, e, d, p, q, dp, dq, qi }: RsaPrivate): boolean {
  return (
    p > 1n &&
    q > 1n &&
    p * q === n &&
    (e * d) % (p - 1n) === 1n &&
    (e * d) % (q - 1n) === 1n &&
    dp === d % (p - 1n) &&
    dq === d % (q - 1n) &&
    qi < p &&
    (qi * q) % p === 1n
  )
}

/**
 * The flawed library of CVE-2017-15361 makes primes that are powers of 65537 modulo each of these, and
 * so their products are too; of other moduli less than one in 2^27 is. 2 stands for the even modulus.
 */
const SMALL_PRIMES = [
  2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97,
  101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
].map(BigInt)

function isPowerOf65537(residue: bigint, prime: bigint): boolean {
  let power = 1n
  do {
    if (power === residue) return true
    power = (power * MIN_EXPONENT) % prime
  } while (power !== 1n)
  return false
}

const bitsOf = (number: bigint): number => number.toString(2).length

function weak(detail: string): KeyError {
  return new KeyError('weak', detail)
}
