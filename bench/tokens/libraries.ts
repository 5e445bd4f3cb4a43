/**
 * The libraries, one row each: keys loaded once, in the form that is quickest of those their
 * documentation names, the algorithm pinned, issuer and audience compared.
 *
 * @module
 */
import { webcrypto } from 'node:crypto'
import { createVerifier, importKey, signToken, verifyToken } from '@jotter/token'
import * as fastJwt from 'fast-jwt'
import { importJWK, jwtVerify, SignJWT } from 'jose'
import jsonwebtoken from 'jsonwebtoken'
import { AUDIENCE, type BenchClaims, ISSUER } from './claims.ts'
import type { Keys } from './keys.ts'

interface Prepared {
  /** Absent where only checking is another. */
  readonly sign?: (claims: BenchClaims) => string | Promise<string>
  /** The claims. Throws or rejects for a token that is refused. */
  readonly verify: (token: string) => unknown
}

/** `undefined` for an algorithm that the library does not have, or where the row would say nothing. */
type Library = (keys: Keys) => Prepared | undefined | Promise<Prepared | undefined>

const isSecret = ({ privateKey }: Keys) => privateKey.type === 'secret'

type Half = 'privateKey' | 'publicKey'

const pem = ({ privateKey, publicKey }: Keys, half: Half) =>
  half === 'privateKey'
    ? privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
    : publicKey.export({ format: 'pem', type: 'spki' }).toString()
const bytes = ({ privateKey }: Keys) => privateKey.export()

const ourKey = (keys: Keys) =>
  isSecret(keys)
    ? importKey({ secret: bytes(keys), alg: keys.alg })
    : importKey({ pem: pem(keys, 'privateKey'), alg: keys.alg })
const ourOptions = { issuer: ISSUER, audience: AUDIENCE, clock: () => Date.now() / 1000 }

function jotter(keys: Keys): Prepared {
  const key = ourKey(keys)
  return {
    sign: (claims) => signToken(claims, key),
    verify: (token) => verifyToken(token, key, ourOptions),
  }
}

function jotterCached(keys: Keys): Prepared | undefined {
  // Tokens of secrets are not remembered.
  if (isSecret(keys)) return undefined
  const verifier = createVerifier(ourKey(keys), ourOptions)
  return { verify: (token) => verifier.verify(token) }
}

const joseKey = (keys: Keys, half: Half) =>
  isSecret(keys)
    ? webcrypto.subtle.importKey('raw', bytes(keys), hmacOf(keys), false, ['sign', 'verify'])
    : importJWK(keys[half].export({ format: 'jwk' }), keys.alg)
const hmacOf = ({ alg }: Keys) => ({ name: 'HMAC', hash: `SHA-${alg.slice(2)}` })

async function jose(keys: Keys): Promise<Prepared> {
  const [signing, checking] = [await joseKey(keys, 'privateKey'), await joseKey(keys, 'publicKey')]
  const header = { alg: keys.alg, typ: 'JWT' }
  const options = { algorithms: [keys.alg], issuer: ISSUER, audience: AUDIENCE }
  return {
    sign: (claims) => new SignJWT(claims).setProtectedHeader(header).sign(signing),
    verify: async (token) => (await jwtVerify(token, checking, options)).payload,
  }
}

const fastJwtWith =
  (cache: boolean): Library =>
  (keys) => {
    if (keys.alg.startsWith('ML-DSA')) return undefined
    const algorithm = keys.alg as fastJwt.Algorithm
    const key = (half: Half) => (isSecret(keys) ? bytes(keys) : pem(keys, half))
    const checks = { algorithms: [algorithm], allowedIss: ISSUER, allowedAud: AUDIENCE }
    const verify = fastJwt.createVerifier({ key: key('publicKey'), cache, ...checks })
    if (cache) return { verify }
    return { sign: fastJwt.createSigner({ key: key('privateKey'), algorithm }), verify }
  }

function jsonwebtokenOf({ alg, privateKey, publicKey }: Keys): Prepared | undefined {
  if (alg === 'EdDSA' || alg.startsWith('ML-DSA')) return undefined
  const checks = { algorithms: [alg], issuer: ISSUER, audience: AUDIENCE }
  return {
    sign: (claims) => jsonwebtoken.sign(claims, privateKey, { algorithm: alg }),
    verify: (token) => jsonwebtoken.verify(token, publicKey, checks),
  }
}

/** In the order of the table. */
export const LIBRARIES: Readonly<Record<string, Library>> = {
  jotter,
  'jotter, cached': jotterCached,
  'fast-jwt': fastJwtWith(false),
  'fast-jwt, cached': fastJwtWith(true),
  jsonwebtoken: jsonwebtokenOf,
  jose,
}
