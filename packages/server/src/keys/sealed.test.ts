import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { describe, test } from 'node:test'
import { SealError, seal, unseal } from './sealed.ts'

const keyOf = (byte: number) => createSecretKey(Buffer.alloc(32, byte))
const KEY = keyOf(1)
const OWNER = { kid: 'one', alg: 'ES256' }
const TEXT = '{"d":"é, and more than sixteen bytes of it"}'

test('what was sealed comes back', () => {
  assert.equal(unseal(seal(TEXT, KEY, OWNER), KEY, OWNER), TEXT)
})

test('sealed twice it is not the same text, since its nonce is random', () => {
  const sealed = Array.from({ length: 1000 }, () => seal(TEXT, KEY, OWNER))
  assert.equal(new Set(sealed.map((one) => one.split('.')[1])).size, 1000)
  for (const one of sealed) assert.match(one, /^1\.[\w-]{16}\.[\w-]+\.[\w-]{22}$/)
})

test('nothing of the text can be read in it', () => {
  const bytes = Buffer.from(seal(TEXT, KEY, OWNER).split('.')[2] as string, 'base64url')
  assert.equal(bytes.length, Buffer.byteLength(TEXT))
  assert.ok(!bytes.includes('more'))
})

describe('is refused', () => {
  const sealed = seal(TEXT, KEY, OWNER)
  const [, nonce = '', ciphertext = '', tag = ''] = sealed.split('.')
  const other = (part: string) => `${part.startsWith('A') ? 'B' : 'A'}${part.slice(1)}`
  const REFUSED: Readonly<Record<string, () => string>> = {
    'under another key': () => unseal(sealed, keyOf(2), OWNER),
    'as the key of another kid': () => unseal(sealed, KEY, { ...OWNER, kid: 'two' }),
    'as a key of another algorithm': () => unseal(sealed, KEY, { ...OWNER, alg: 'ES384' }),
    'with another nonce': () => unseal(`1.${other(nonce)}.${ciphertext}.${tag}`, KEY, OWNER),
    'with a bit changed': () => unseal(`1.${nonce}.${other(ciphertext)}.${tag}`, KEY, OWNER),
    'with another tag': () => unseal(`1.${nonce}.${ciphertext}.${other(tag)}`, KEY, OWNER),
    'with a short tag': () => unseal(`1.${nonce}.${ciphertext}.${tag.slice(0, 6)}`, KEY, OWNER),
    'without its end': () => unseal(`1.${nonce}.${ciphertext.slice(0, -4)}.${tag}`, KEY, OWNER),
    'of another version': () => unseal(`2${sealed.slice(1)}`, KEY, OWNER),
    'when it is nothing': () => unseal('', KEY, OWNER),
    'when it is the text itself': () => unseal(TEXT, KEY, OWNER),
  }
  for (const [name, open] of Object.entries(REFUSED)) {
    test(name, () => {
      assert.throws(open, (error) => {
        assert.ok(error instanceof SealError, String(error))
        assert.equal(error.cause, undefined)
        assert.doesNotMatch(error.message, /more than|[\w-]{30}/)
        return true
      })
    })
  }

  test('whichever byte of it is changed', () => {
    for (let i = 0; i < sealed.length; i += 1) {
      const changed = sealed.slice(0, i) + (sealed[i] === 'x' ? 'y' : 'x') + sealed.slice(i + 1)
      // The last character of a part has bits that mean nothing.
      const isLast = sealed[i + 1] === '.' || i === sealed.length - 1
      if (!isLast) assert.throws(() => unseal(changed, KEY, OWNER), SealError, `at ${i}`)
    }
  })
})
