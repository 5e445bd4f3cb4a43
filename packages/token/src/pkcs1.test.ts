import assert from 'node:assert/strict'
import {
  constants,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  generatePrimeSync,
  type KeyObject,
  privateEncrypt,
  publicDecrypt,
  sign,
  verify,
} from 'node:crypto'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { pkcs1With } from './pkcs1.ts'

const HASHES = ['sha256', 'sha384', 'sha512'] as const
const E = 65_537n
const padding = constants.RSA_NO_PADDING
const base64url = (number: bigint) => {
  const hex = number.toString(16)
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url')
}
const inverse = (of: bigint, modulus: bigint): bigint => {
  let [r, newR, t, newT] = [modulus, of % modulus, 0n, 1n]
  while (newR !== 0n) [r, newR, t, newT] = [newR, r % newR, newT, t - (r / newR) * newT]
  return (t + modulus) % modulus
}

/** Asked for 2049 bits OpenSSL makes 2048, but it takes a key that has them. */
function keyOfOddBits(): KeyObject {
  const [p, q] = [
    generatePrimeSync(1025, { bigint: true }),
    generatePrimeSync(1024, { bigint: true }),
  ]
  const order = (p - 1n) * (q - 1n)
  if (order % E === 0n) return keyOfOddBits()
  const d = inverse(E, order)
  const numbers = { n: p * q, e: E, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) }
  const members = Object.entries(numbers).map(([name, number]) => [name, base64url(number)])
  return createPrivateKey({
    key: { kty: 'RSA', ...Object.fromEntries(members) },
    format: 'jwk',
  })
}

const PRIVATE_KEYS = [
  ...[2048, 3072].map((modulusLength) => generateKeyPairSync('rsa', { modulusLength }).privateKey),
  keyOfOddBits(),
]

test('a signature that is no less than the modulus is a bad one, whatever OpenSSL has met before', () => {
  const [privateKey] = PRIVATE_KEYS
  const publicKey = createPublicKey(privateKey as KeyObject)
  const { n } = publicKey.export({ format: 'jwk' })
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  for (const signature of [Buffer.alloc(256, 0xff), Buffer.from(n as string, 'base64url')]) {
    // Leaves an error in the queue of OpenSSL, which the next call that fails reports as its own.
    assert.equal(other.publicKey.equals(publicKey), false)
    assert.equal(pkcs1With('sha256')(publicKey, 'text', signature), false)
  }
})

for (const name of HASHES) {
  const check = pkcs1With(name)

  describe(`RSASSA-PKCS1-v1_5 with ${name} agrees with node:crypto`, () => {
    for (const privateKey of PRIVATE_KEYS) {
      const publicKey = createPublicKey(privateKey)
      const { modulusLength = 0 } = publicKey.asymmetricKeyDetails ?? {}
      const agrees = (text: string, signature: Buffer): boolean => {
        const theirs = verify(name, Buffer.from(text), publicKey, signature)
        assert.equal(check(publicKey, text, signature), theirs)
        return theirs
      }
      const text = fc.base64String()

      test(`that a signature is good, ${modulusLength} bits`, () => {
        const property = fc.property(text, (signed) => {
          const signature = sign(name, Buffer.from(signed), privateKey)
          assert.ok(agrees(signed, signature))
          assert.ok(!agrees(`${signed}.`, signature))
        })
        fc.assert(property, { numRuns: 30 })
      })

      test(`that what opens to one other byte is not, ${modulusLength} bits`, () => {
        const byte = fc.integer({ min: 1, max: 255 })
        const property = fc.property(text, fc.nat(), byte, (signed, where, change) => {
          const message = publicDecrypt(
            { key: publicKey, padding },
            sign(name, Buffer.from(signed), privateKey),
          )
          // The first byte stays: what is larger than the modulus cannot be signed.
          const at = 1 + (where % (message.length - 1))
          message[at] = (message[at] as number) ^ change
          assert.ok(!agrees(signed, privateEncrypt({ key: privateKey, padding }, message)))
        })
        fc.assert(property, { numRuns: 60 })
      })

      test(`about any bytes, ${modulusLength} bits`, () => {
        const length = Math.ceil(modulusLength / 8)
        const bytes = fc.oneof(
          fc.uint8Array({ minLength: length, maxLength: length }),
          fc.uint8Array({ maxLength: length + 1 }),
          fc.constantFrom(Buffer.alloc(length), Buffer.alloc(length, 0xff)),
        )
        fc.assert(
          fc.property(text, bytes, (signed, signature) => {
            assert.ok(!agrees(signed, Buffer.from(signature)))
          }),
        )
      })
    }
  })
}
