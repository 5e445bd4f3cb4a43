/**
 * New key pairs, for a service that rotates its own. Secrets are not made here: 64 random bytes are
 * one.
 *
 * @module
 */
import { generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'
import { KeyError } from './errors.ts'
import { thumbprint } from './export-key.ts'
import { algorithmOf, importKey, type JwkInput } from './import-key.ts'
import type { Key } from './key.ts'

export interface GenerateOptions {
  /** Default: the thumbprint (RFC 7638). */
  readonly kid?: string | undefined
  /** The length of an RSA modulus, in bits. Default 2048. */
  readonly modulusBits?: number | undefined
}

const generatePair = promisify(generateKeyPair)

/**
 * Makes a key pair, on libuv's threads: an RSA key takes a tenth of a second.
 *
 * @throws {KeyError} `unsupported` for an algorithm of secrets, `unknown_alg`, and whatever
 *   `importKey` has against the key.
 */
export async function generateKey(
  alg: string,
  { kid, modulusBits = 2048 }: GenerateOptions = {},
): Promise<Key> {
  const { keyType, crv } = algorithmOf(alg)
  if (keyType === undefined) throw new KeyError('unsupported', `${alg} takes a secret`)
  // Each kind of key takes what it knows of these options.
  const { privateKey } = await generatePair(keyType as 'rsa', {
    modulusLength: modulusBits,
    ...(crv !== undefined && { namedCurve: crv }),
  })
  const jwk = { ...privateKey.export({ format: 'jwk' }), alg } as JwkInput
  return importKey({ ...jwk, kid: kid ?? thumbprint(importKey(jwk)) })
}
