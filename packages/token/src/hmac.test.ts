import assert from 'node:assert/strict'
import { createHmac, createSecretKey } from 'node:crypto'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { hmacWith } from './hmac.ts'

const HASHES = ['sha256', 'sha384', 'sha512'] as const

/** RFC 4231 §4: key and data in hexadecimal, and the first bytes of each MAC. */
const RFC_4231 = [
  {
    section: '4.2',
    key: '0b'.repeat(20),
    data: Buffer.from('Hi There').toString('hex'),
    macs: [
      'b0344c61d8db38535ca8afceaf0bf12b',
      'afd03944d84895626b0825f4ab46907f',
      '87aa7cdea5ef619d4ff0b4241a1d6cb0',
    ],
  },
  {
    section: '4.3',
    key: Buffer.from('Jefe').toString('hex'),
    data: Buffer.from('what do ya want for nothing?').toString('hex'),
    macs: [
      '5bdcc146bf60754e6a042426089575c7',
      'af45d2e376484031617f78d2b58a6b1b',
      '164b7a7bfcf819e2e395fbe73b56e0a3',
    ],
  },
  {
    section: '4.4',
    key: 'aa'.repeat(20),
    data: 'dd'.repeat(50),
    macs: [
      '773ea91e36800e46854db8ebd09181a7',
      '88062608d3e6ad8a0aa2ace014c8a86f',
      'fa73b0089d56a284efb0f0756c890be9',
    ],
  },
  {
    section: '4.7, a key longer than a block',
    key: 'aa'.repeat(131),
    data: Buffer.from('Test Using Larger Than Block-Size Key - Hash Key First').toString('hex'),
    macs: [
      '60e431591ee0b67f0d8a26aacbf5b77f',
      '4ece084485813e9088d2c63a041bc5b4',
      '80b24263c7c1a3ebb71493c1dd7be8b4',
    ],
  },
]

const hmac = (name: (typeof HASHES)[number], key: Uint8Array) =>
  hmacWith(name)(createSecretKey(key))

for (const { section, key, data, macs } of RFC_4231) {
  test(`RFC 4231 §${section}`, () => {
    const text = Buffer.from(data, 'hex').toString('latin1')
    for (const [i, name] of HASHES.entries()) {
      const mac = hmac(name, Buffer.from(key, 'hex')).bytes(text).toString('hex')
      assert.ok(mac.startsWith(macs[i] as string), `${name} gives ${mac}`)
    }
  })
}

for (const name of HASHES) {
  describe(`HMAC with ${name}`, () => {
    test('is that of createHmac for any key and text, both ways it is given', () => {
      const texts = fc.oneof(
        fc.uint8Array({ maxLength: 300 }),
        // Around the length up to which the buffer is kept.
        fc.uint8Array({ minLength: 8180, maxLength: 8200 }),
      )
      const agrees = fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 300 }),
        texts,
        (key, bytes) => {
          const ours = hmac(name, key)
          const theirs = createHmac(name, key).update(bytes).digest()
          const text = Buffer.from(bytes).toString('latin1')
          assert.deepEqual(ours.bytes(text), theirs)
          assert.equal(ours.base64url(text), theirs.toString('base64url'))
        },
      )
      fc.assert(agrees)
    })

    test('of a text says nothing of the texts before it', () => {
      const key = createSecretKey(Buffer.alloc(64, 7))
      const one = hmacWith(name)
      for (const text of ['a'.repeat(8192), '', 'a', 'a'.repeat(9000), 'b']) {
        const theirs = createHmac(name, key).update(text).digest('base64url')
        assert.equal(one(key).base64url(text), theirs)
      }
    })
  })
}
