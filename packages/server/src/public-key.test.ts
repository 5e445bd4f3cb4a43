import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { describe, test } from 'node:test'
import { type JwkInput, type Key, KeyError, type KeyReason, thumbprint } from '@jotter/token'
import { keyPair } from '../../../test/support/key-pairs.ts'
import { describeKey, type PublicKeyInput, publicPem, readPublicKey } from './public-key.ts'

const rsa = keyPair()
const p256 = keyPair('ec')
const p384 = keyPair('ec', { namedCurve: 'P-384' })
const p521 = keyPair('ec', { namedCurve: 'P-521' })
const ed25519 = keyPair('ed25519')
const mlDsa = generateKeyPairSync('ml-dsa-65').publicKey

const jwkOf = ({ jwk }: { jwk: Record<string, string> }, more: object = {}) =>
  ({ ...jwk, ...more }) as unknown as JwkInput

describe('A-05: a key is for one algorithm', () => {
  const cases: readonly [what: string, input: PublicKeyInput, alg: string][] = [
    ['RSA as PEM', rsa.pem, 'RS256'],
    ['RSA as PKCS#1', rsa.publicKey.export({ format: 'pem', type: 'pkcs1' }) as string, 'RS256'],
    ['RSA as JWK', jwkOf(rsa), 'RS256'],
    ['RSA that says PS256', jwkOf(rsa, { alg: 'PS256' }), 'PS256'],
    ['RSA that says RS512', jwkOf(rsa, { alg: 'RS512', use: 'sig' }), 'RS512'],
    ['P-256 as PEM', p256.pem, 'ES256'],
    ['P-384 as JWK', jwkOf(p384), 'ES384'],
    ['P-521 as PEM', p521.pem, 'ES512'],
    ['Ed25519 as PEM', ed25519.pem, 'EdDSA'],
    ['Ed25519 as JWK', jwkOf(ed25519), 'EdDSA'],
    ['ML-DSA-65 as PEM', mlDsa.export({ format: 'pem', type: 'spki' }) as string, 'ML-DSA-65'],
    ['key_ops verify', jwkOf(rsa, { key_ops: ['verify'] }), 'RS256'],
  ]
  for (const [what, input, alg] of cases) {
    test(`${what} for ${alg}, and it only verifies`, () => {
      const { alg: pinned, signs, verifies } = readPublicKey(input)
      assert.deepEqual([pinned, signs, verifies], [alg, false, true])
    })
  }
})

describe('is refused', () => {
  const modulus = (bits: number) => keyPair('rsa', { modulusLength: bits })
  const cases: Readonly<Record<string, readonly [PublicKeyInput, KeyReason]>> = {
    'a private PEM': [rsa.privatePem, 'private'],
    'a private PKCS#1': [
      rsa.privateKey.export({ format: 'pem', type: 'pkcs1' }) as string,
      'private',
    ],
    'a private key of a weak pair': [modulus(1024).privatePem, 'private'],
    'an encrypted private key': [
      rsa.privateKey.export({
        format: 'pem',
        type: 'pkcs8',
        cipher: 'aes-256-cbc',
        passphrase: 'a',
      }) as string,
      'private',
    ],
    'a private key of OpenSSH': [
      '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjE=\n-----END OPENSSH PRIVATE KEY-----\n',
      'private',
    ],
    'a private key behind a public one': [rsa.pem + rsa.privatePem, 'private'],
    'a private JWK': [jwkOf({ jwk: rsa.privateJwk }), 'private'],
    'a private EC JWK': [jwkOf({ jwk: p256.privateJwk }), 'private'],
    'a private Ed25519 JWK': [jwkOf({ jwk: ed25519.privateJwk }), 'private'],
    'one private member': [jwkOf(rsa, { qi: 'AQAB' }), 'private'],
    'a symmetric JWK': [{ kty: 'oct', k: 'c2VjcmV0', alg: 'HS256' }, 'unsupported'],
    'a symmetric member': [jwkOf(rsa, { k: 'c2VjcmV0' }), 'unsupported'],
    'HS256 with a public key': [jwkOf(rsa, { alg: 'HS256' }), 'wrong_kty'],
    'alg none': [jwkOf(rsa, { alg: 'none' }), 'unknown_alg'],
    'alg of encryption': [jwkOf(rsa, { alg: 'RSA-OAEP' }), 'unknown_alg'],
    'ES256 with P-384': [jwkOf(p384, { alg: 'ES256' }), 'wrong_kty'],
    'ES256 with Ed25519': [jwkOf(ed25519, { alg: 'ES256' }), 'wrong_kty'],
    'use enc': [jwkOf(rsa, { use: 'enc' }), 'wrong_use'],
    'key_ops sign': [jwkOf(rsa, { key_ops: ['sign'] }), 'wrong_use'],
    'key_ops encrypt': [jwkOf(rsa, { key_ops: ['verify', 'encrypt'] }), 'wrong_use'],
    'RSA of 1024 bits': [modulus(1024).pem, 'weak'],
    'RSA of 2040 bits': [modulus(2040).pem, 'weak'],
    'the exponent 3': [keyPair('rsa', { publicExponent: 3 }).pem, 'weak'],
    secp256k1: [keyPair('ec', { namedCurve: 'secp256k1' }).pem, 'unsupported'],
    'A-04: a space in front': [` ${rsa.pem}`, 'malformed'],
    'A-04: a line in front': [`\n${rsa.pem}`, 'malformed'],
    'A-04: a comment in front': [`# key of app1\n${rsa.pem}`, 'malformed'],
    'A-04: a byte order mark': [`\ufeff${rsa.pem}`, 'malformed'],
    'A-04: no width': [`\u200b${rsa.pem}`, 'malformed'],
    'A-04: headers': [`HTTP/1.1 200 OK\r\n\r\n${rsa.pem}`, 'malformed'],
    'a certificate': [rsa.pem.replaceAll('PUBLIC KEY', 'CERTIFICATE'), 'unsupported'],
    'a key of SSH': ['ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7 app1', 'malformed'],
    'no text': ['', 'malformed'],
    'a kid with a slash': [jwkOf(rsa, { kid: 'a/b' }), 'malformed'],
    'a kid of dots': [jwkOf(rsa, { kid: '..' }), 'malformed'],
    'a long kid': [jwkOf(rsa, { kid: 'a'.repeat(129) }), 'malformed'],
    'a kid that is a number': [jwkOf(rsa, { kid: 7 }), 'malformed'],
    'no members': [{} as JwkInput, 'malformed'],
    'PEM as a member': [{ pem: rsa.pem } as unknown as JwkInput, 'malformed'],
    'a secret as a member': [
      { secret: 'a'.repeat(32), alg: 'HS256' } as unknown as JwkInput,
      'malformed',
    ],
  }
  for (const [what, [input, reason]] of Object.entries(cases)) {
    test(`${what}: ${reason}`, () => {
      assert.throws(
        () => readPublicKey(input),
        (error: KeyError) => {
          assert.ok(error instanceof KeyError, String(error))
          assert.equal(error.reason, reason, error.message)
          assert.ok(!/MII|c2VjcmV0|b3Blbn/.test(error.message), error.message)
          return true
        },
      )
    })
  }

  test('and whoever gives a private key is told how to get the public one', () => {
    assert.throws(() => readPublicKey(rsa.privatePem), /openssl pkey -in KEY -pubout/)
  })
})

test('a key is called by its kid, or else by its thumbprint', () => {
  const described = (key: Key) => {
    const { kid, thumbprint: print, jwk } = describeKey(key)
    assert.equal(print, thumbprint(key))
    assert.equal(jwk.kid, kid)
    return kid
  }
  assert.equal(described(readPublicKey(jwkOf(rsa, { kid: 'key-1' }))), 'key-1')
  assert.equal(described(readPublicKey(rsa.pem)), thumbprint(readPublicKey(rsa.pem)))
})

test('PEM comes back as SPKI', () => {
  assert.equal(publicPem(readPublicKey(rsa.pem)), rsa.pem)
  assert.equal(publicPem(readPublicKey(jwkOf(p384))), p384.pem)
})
