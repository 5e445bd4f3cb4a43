import assert from 'node:assert/strict'
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { describe, test } from 'node:test'
import { inspect } from 'node:util'
import { readVector, SECRET } from '../test/forge.ts'
import type { KeyReason } from './errors.ts'
import { importKey, type KeyInput } from './import-key.ts'
import { Key } from './key.ts'

const K = SECRET.toString('base64url')
const jwk = { kty: 'oct', alg: 'HS256', k: K }
const refuses = (input: unknown, reason: KeyReason) => {
  assert.throws(() => importKey(input as KeyInput), { name: 'KeyError', reason })
}

describe('importKey takes', () => {
  const forms: readonly [name: string, input: KeyInput][] = [
    ['a JWK', jwk],
    ['a JWK with members nobody knows', { ...jwk, 'x-owner': 'us', ext: true }],
    ['bytes', { secret: new Uint8Array(SECRET), alg: 'HS256' }],
    ['a string, as UTF-8', { secret: SECRET.toString(), alg: 'HS256' }],
    ['base64', { secret: SECRET.toString('base64'), encoding: 'base64', alg: 'HS256' }],
    ['base64url', { secret: K, encoding: 'base64url', alg: 'HS256' }],
    ['hex', { secret: SECRET.toString('hex').toUpperCase(), encoding: 'hex', alg: 'HS256' }],
  ]
  for (const [name, input] of forms) {
    test(name, () => {
      const key = importKey(input)
      assert.deepEqual(key.keyObject.export(), SECRET)
      assert.equal(key.alg, 'HS256')
      assert.equal(key.kid, undefined)
    })
  }

  test('a kid', () => {
    assert.equal(importKey({ ...jwk, kid: 'a' }).kid, 'a')
    assert.equal(importKey({ secret: SECRET, alg: 'HS256', kid: 'b' }).kid, 'b')
  })

  test('a JWK for one operation, as what it is', () => {
    assert.equal(importKey({ ...jwk, use: 'sig', key_ops: ['verify'] }).signs, false)
    assert.equal(importKey({ ...jwk, key_ops: ['sign'] }).verifies, false)
  })

  test('a short secret when told to', () => {
    const key = importKey({ secret: 'my_precious', alg: 'HS256' }, { allowShortSecret: true })
    assert.equal(key.alg, 'HS256')
  })
})

const SSH_KINDS = [
  'ssh-rsa',
  'ssh-dss',
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'sk-ssh-ed25519@openssh.com',
  'sk-ecdsa-sha2-nistp256@openssh.com',
]

describe('importKey refuses', () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const spki = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const publicJwk = publicKey.export({ format: 'jwk' })
  const spkiDer = publicKey.export({ type: 'spki', format: 'der' })
  const certificate = readVector('certificate.pem')
  const keyPairs: readonly (readonly [name: string, secret: string | Uint8Array])[] = [
    ['SPKI PEM', spki],
    ['SPKI PEM without its last newline', spki.trimEnd()],
    ['SPKI PEM with CRLF', spki.replaceAll('\n', '\r\n')],
    ['SPKI PEM after a byte order mark', `\ufeff${spki}`],
    ['SPKI PEM after a comment', `# the key\n ${spki}`],
    ['SPKI PEM as bytes', Buffer.from(spki)],
    ['the base64 of SPKI PEM, without the frame', spki.replace(/-----.*-----/g, '').trim()],
    ['SPKI DER', publicKey.export({ type: 'spki', format: 'der' })],
    ['PKCS#1 PEM', publicKey.export({ type: 'pkcs1', format: 'pem' }).toString()],
    ['PKCS#1 DER', publicKey.export({ type: 'pkcs1', format: 'der' })],
    ['private PKCS#8 PEM', privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()],
    ['private PKCS#8 DER', privateKey.export({ type: 'pkcs8', format: 'der' })],
    ['private PKCS#1 DER', privateKey.export({ type: 'pkcs1', format: 'der' })],
    ['a JWK as text', JSON.stringify(publicJwk)],
    ['a JWKS as text', JSON.stringify({ keys: [publicJwk] }, null, 2)],
    ['a certificate as PEM', certificate],
    ['a certificate as DER', new X509Certificate(certificate).raw],
    ['x5c, the base64 of a certificate', new X509Certificate(certificate).raw.toString('base64')],
    ...SSH_KINDS.flatMap((kind) => {
      const length = Buffer.from([0, 0, 0, kind.length])
      const wire = Buffer.concat([length, Buffer.from(kind), Buffer.alloc(40, 7)])
      const text = wire.toString('base64')
      return [
        [`an OpenSSH key of ${kind}`, `${kind} ${text} me@host`] as const,
        [`an OpenSSH key of ${kind} without its name`, text] as const,
        [`an OpenSSH key of ${kind} as bytes`, wire] as const,
      ]
    }),
    ['an SSH2 public key', '---- BEGIN SSH2 PUBLIC KEY ----\nComment: "x"\nBCDE'],
    ['a key of PuTTY', 'PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none'],
    ['SPKI PEM in UTF-16', Buffer.from(spki, 'utf16le')],
    ['SPKI PEM in base64', Buffer.from(spki).toString('base64')],
    ['SPKI DER in hexadecimal', spkiDer.toString('hex')],
    ['SPKI DER in hexadecimal with colons', spkiDer.toString('hex').replace(/..(?=.)/g, '$&:')],
    ['SPKI DER in base64url', spkiDer.toString('base64url')],
    ['a JWK far down in a text', `${' '.repeat(99)}[${JSON.stringify(publicJwk)}]`],
    ['a JWK in base64', Buffer.from(JSON.stringify(publicJwk)).toString('base64')],
    ...['P-256', 'P-384', 'P-521'].map((namedCurve) => {
      const { x, y } = generateKeyPairSync('ec', { namedCurve }).publicKey.export({ format: 'jwk' })
      const bytes = [x, y].map((text) => Buffer.from(text as string, 'base64url'))
      return [`a point of ${namedCurve}`, Buffer.concat([Buffer.from([4]), ...bytes])] as const
    }),
  ]
  for (const [name, secret] of keyPairs) {
    test(`A-03 a public key is never an HMAC secret: ${name}`, () => {
      refuses({ secret, alg: 'HS256' }, 'not_a_secret')
      refuses(
        { kty: 'oct', alg: 'HS256', k: Buffer.from(secret).toString('base64url') },
        'not_a_secret',
      )
      const options = { allowShortSecret: true }
      assert.throws(() => importKey({ secret, alg: 'HS256' }, options), { reason: 'not_a_secret' })
    })
  }

  const rows: readonly (readonly [name: string, input: unknown, reason: KeyReason])[] = [
    ['A-12 an empty string', { secret: '', alg: 'HS256' }, 'empty'],
    ['A-12 an empty buffer', { secret: new Uint8Array(), alg: 'HS256' }, 'empty'],
    ['A-12 undefined', { secret: undefined, alg: 'HS256' }, 'empty'],
    ['A-12 null', { secret: null, alg: 'HS256' }, 'empty'],
    ['A-12 no secret at all', { alg: 'HS256' }, 'empty'],
    ['A-12 a JWK without k', { kty: 'oct', alg: 'HS256' }, 'empty'],
    ['A-12 a JWK with an empty k', { ...jwk, k: '' }, 'empty'],
    ['A-19 31 bytes for HS256', { secret: 'x'.repeat(31), alg: 'HS256' }, 'too_short'],
    ['A-19 47 bytes for HS384', { secret: 'x'.repeat(47), alg: 'HS384' }, 'too_short'],
    ['A-19 63 bytes for HS512', { secret: 'x'.repeat(63), alg: 'HS512' }, 'too_short'],
    ...['secret', 'changeme', 'my_precious', 'your-256-bit-secret'].map(
      (secret) => [`A-19 the word ${secret}`, { secret, alg: 'HS256' }, 'too_short'] as const,
    ),
    [
      'A-19 a long secret that is published',
      { secret: 'a-string-secret-at-least-256-bits-long', alg: 'HS256' },
      'published',
    ],
    ['A-20 a JWK for encryption', { ...jwk, use: 'enc' }, 'wrong_use'],
    ['A-20 a JWK of no known use', { ...jwk, use: 1 }, 'wrong_use'],
    ['A-20 key_ops that encrypt', { ...jwk, key_ops: ['encrypt'] }, 'wrong_use'],
    ['A-20 key_ops that also encrypt', { ...jwk, key_ops: ['sign', 'encrypt'] }, 'wrong_use'],
    ['A-20 key_ops without an operation', { ...jwk, key_ops: [] }, 'wrong_use'],
    ['A-20 key_ops given twice', { ...jwk, key_ops: ['sign', 'sign'] }, 'wrong_use'],
    ['A-20 key_ops that is no array', { ...jwk, key_ops: 'sign' }, 'wrong_use'],
    ['A-20 an alg of another family', { ...publicJwk, alg: 'HS256' }, 'wrong_kty'],
    ['A-20 a kty in another case', { ...jwk, kty: 'OCT' }, 'wrong_kty'],
    ['an unknown alg', { ...jwk, alg: 'HS1' }, 'unknown_alg'],
    ['the alg none', { ...jwk, alg: 'none' }, 'unknown_alg'],
    ['an alg in another case', { ...jwk, alg: 'hs256' }, 'unknown_alg'],
    ['an alg that every object has', { ...jwk, alg: 'constructor' }, 'unknown_alg'],
    ['a JWK without alg', { kty: 'oct', k: K }, 'unknown_alg'],
    ['an alg that is no string', { ...jwk, alg: ['HS256'] }, 'unknown_alg'],
    ['PEM for an algorithm of secrets', { pem: spki, alg: 'HS256' }, 'unsupported'],
    ['an empty kid', { ...jwk, kid: '' }, 'malformed'],
    ['a kid that is a number', { ...jwk, kid: 1 }, 'malformed'],
    ['a kid with NUL', { ...jwk, kid: 'a\0' }, 'malformed'],
    ['a string', SECRET.toString(), 'malformed'],
    ['undefined', undefined, 'malformed'],
    ['null', null, 'malformed'],
    ['a secret that is a number', { secret: 12345, alg: 'HS256' }, 'malformed'],
    ['k with padding', { ...jwk, k: `${K}=` }, 'malformed'],
    ['k that is no string', { ...jwk, k: 5 }, 'malformed'],
    ['an unknown encoding', { secret: K, alg: 'HS256', encoding: 'toString' }, 'malformed'],
  ]
  for (const [name, input, reason] of rows) test(name, () => refuses(input, reason))
})

test('What is longer than any key is refused before it is read', () => {
  const long = 'A'.repeat(65_537)
  refuses({ ...jwk, k: long }, 'unsupported')
  refuses({ secret: long, alg: 'HS256' }, 'unsupported')
  refuses({ secret: Buffer.alloc(65_537, 1), alg: 'HS256' }, 'unsupported')
  refuses({ pem: long, alg: 'RS256' }, 'unsupported')
  refuses({ kty: 'RSA', alg: 'RS256', n: long, e: 'AQAB' }, 'unsupported')
})

describe('Members that are not plain data', () => {
  const refusing = new Proxy({}, { ownKeys: () => assert.fail('asked') })
  const { proxy, revoke } = Proxy.revocable({ ...jwk }, {})
  revoke()
  const rows: readonly (readonly [name: string, input: unknown])[] = [
    ['a proxy that throws', refusing],
    ['a proxy', new Proxy({ ...jwk }, {})],
    ['a revoked proxy', proxy],
    [
      'a getter that throws',
      Object.defineProperty({ ...jwk }, 'k', { enumerable: true, get: assert.fail }),
    ],
    ['a member that throws', { ...jwk, key_ops: refusing }],
    ['a function', { ...jwk, k: () => K }],
  ]
  for (const [name, input] of rows) test(`are refused: ${name}`, () => refuses(input, 'malformed'))

  test('of a prototype do not count', () => {
    refuses(Object.create(jwk), 'unknown_alg')
    refuses(Object.assign(Object.create({ k: K }), { kty: 'oct', alg: 'HS256' }), 'empty')
  })

  test('are read once: a getter that answers differently changes nothing', () => {
    let asked = 0
    const input = Object.defineProperty({ ...jwk }, 'alg', {
      enumerable: true,
      get: () => (asked++ === 0 ? 'HS256' : 'none'),
    })
    assert.equal(importKey(input).alg, 'HS256')
    assert.equal(asked, 1)
  })
})

test('a long secret is judged in a moment, whatever it says', () => {
  for (const part of [
    'ssh-',
    'ssh-a.',
    '"kty"',
    '"kty" ',
    '-----BEGIN',
    'AAAAB',
    '{',
    'AA AA',
    '0',
  ]) {
    const secret = part.repeat(65_000 / part.length)
    const start = performance.now()
    importKey({ secret, alg: 'HS256' })
    const took = performance.now() - start
    assert.ok(took < 200, `${part}: ${took} ms`)
  }
})

describe('A character outside the alphabet is named with its position', () => {
  const rows: readonly [encoding: string, secret: string, message: RegExp][] = [
    ['base64', 'QUJD-EFG', /character "-" at position 5 is not base64$/],
    ['base64', 'QUJD\n', /character "\\n" at position 5 is not base64$/],
    ['base64', ' QUJD', /character " " at position 1 is not base64$/],
    ['base64', 'QU😀D', /character "😀" at position 3 is not base64$/],
    ['base64url', 'QUI+', /character "\+" at position 4 is not base64url$/],
    ['hex', '0x10', /character "x" at position 2 is not hex$/],
    ['utf8', 'ab\ud800', /character "\\ud800" at position 3 is not utf8$/],
  ]
  for (const [encoding, secret, message] of rows) {
    test(`${encoding} ${JSON.stringify(secret)}`, () => {
      const input = { secret, encoding, alg: 'HS256' } as KeyInput
      assert.throws(() => importKey(input), { reason: 'malformed', message })
    })
  }

  test('a text of the alphabet that is not whole is refused as well', () => {
    const wrong = {
      base64: ['QUI', 'QU=I', 'QUJ=', 'QUI=='],
      base64url: ['Q', 'QUJ'],
      hex: ['abc'],
    }
    for (const [encoding, secrets] of Object.entries(wrong)) {
      for (const secret of secrets) {
        const input = { secret, encoding, alg: 'HS256' } as KeyInput
        assert.throws(() => importKey(input), { reason: 'malformed', message: /check its end/ })
      }
    }
  })
})

describe('A key', () => {
  test('cannot be changed', () => {
    const key = importKey({ ...jwk, kid: 'a' })
    assert.ok(key instanceof Key && Object.isFrozen(key))
    assert.throws(() => Object.assign(key, { alg: 'HS512' }), TypeError)
  })

  test('shows its secret to nobody who prints it', () => {
    const key = importKey(jwk)
    const shown = [inspect(key, { depth: 9, showHidden: true }), JSON.stringify(key)].join()
    assert.ok(!shown.includes(K) && !shown.includes(SECRET.toString()))
  })

  test('does not follow changes of the bytes it was made of', () => {
    const secret = Buffer.from(SECRET)
    const key = importKey({ secret, alg: 'HS256' })
    secret.fill(0)
    assert.deepEqual(key.keyObject.export(), SECRET)
  })

  test('is refused without a word of its secret', () => {
    const word = 'correct-horse'
    for (const input of [
      { secret: word, alg: 'HS256' },
      { secret: `${word}!`, encoding: 'base64url', alg: 'HS256' },
      { secret: `-----BEGIN PUBLIC KEY-----${word}`, alg: 'HS256' },
    ]) {
      assert.throws(
        () => importKey(input as KeyInput),
        (error: Error) => !inspect(error, { depth: 9 }).includes(word),
      )
    }
  })
})
