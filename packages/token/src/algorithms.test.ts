import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CLAIMS, OPTIONS } from '../test/forge.ts'
import { PAIRS, pair } from '../test/pairs.ts'
import { ALGORITHMS } from './algorithms.ts'
import { importKey } from './import-key.ts'
import { signJws, signToken } from './sign.ts'
import { verifyJws, verifyToken } from './verify.ts'

for (const { alg, key, publicJwk, publicKey, privateKey, forge, sign } of PAIRS) {
  describe(alg, () => {
    test('checks what node:crypto has signed, also with the public half alone', async () => {
      for (const one of [key, importKey(publicJwk)]) {
        assert.deepEqual(await verifyToken(forge(), one, OPTIONS), CLAIMS)
      }
    })

    test('signs what it checks, under a header of typ and alg', async () => {
      const token = await signToken(CLAIMS, key)
      assert.deepEqual(await verifyToken(token, importKey(publicJwk), OPTIONS), CLAIMS)
      const { header } = await verifyJws(token, key)
      assert.equal(JSON.stringify(header), JSON.stringify({ typ: 'JWT', alg }))
    })

    test('takes the same key as PEM', async () => {
      const pems = [
        publicKey.export({ format: 'pem', type: 'spki' }),
        privateKey.export({ format: 'pem', type: 'pkcs8' }),
      ]
      for (const pem of pems as string[]) {
        assert.deepEqual(await verifyToken(forge(), importKey({ pem, alg }), OPTIONS), CLAIMS)
      }
    })

    test('A-13 refuses signatures of any other length', async () => {
      const input = forge().split('.').slice(0, 2).join('.')
      const signature = sign(input)
      for (const length of [1, 31, 32, 63, 64, 65, 96, 255, 256, 257, 512, 2420, 3309, 4627]) {
        if (length === signature.length) continue
        const other = Buffer.alloc(length, signature).toString('base64url')
        await assert.rejects(verifyToken(`${input}.${other}`, key, OPTIONS), {
          reason: 'bad_signature',
        })
      }
    })

    test('does not sign with the public half', async () => {
      const verifier = importKey(publicJwk)
      assert.equal(verifier.signs, false)
      await assert.rejects(signJws('x', verifier), TypeError)
    })
  })
}

test('every algorithm is one of these, and every one of these is there', () => {
  assert.deepEqual([...ALGORITHMS.keys()], ['HS256', 'HS384', 'HS512', ...PAIRS.map((p) => p.alg)])
})

test('only RSA is signed on another thread', () => {
  for (const { alg, key } of PAIRS) {
    const isLate = typeof key.sign('x') !== 'string'
    assert.equal(isLate, key.kty === 'RSA', alg)
  }
})

test('a token that would be too long for its signature is refused after it was signed', async () => {
  const payload = 'x'.repeat(6_100)
  for (const alg of ['RS256', 'ES256', 'ML-DSA-87']) {
    await assert.rejects(signJws(payload, pair(alg).key), RangeError)
  }
})
