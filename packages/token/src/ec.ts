/**
 * Whether the halves of an EC key belong together: not every OpenSSL looks when it reads them.
 *
 * @module
 */
import { createECDH } from 'node:crypto'

/** What OpenSSL calls them, by the bytes of a number of theirs. */
export const CURVES: ReadonlyMap<number, string> = new Map([
  [32, 'prime256v1'],
  [48, 'secp384r1'],
  [66, 'secp521r1'],
])

export function isEcPair(x: Uint8Array, y: Uint8Array, d: Uint8Array): boolean {
  const pair = createECDH(CURVES.get(d.length) as string)
  try {
    pair.setPrivateKey(d)
  } catch {
    // Zero, or not below the order of the curve.
    return false
  }
  return pair.getPublicKey().equals(Buffer.concat([Buffer.of(4), x, y]))
}
