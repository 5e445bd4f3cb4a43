import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { describe, test } from 'node:test'
import { readVector } from '../test/forge.ts'
import { PAIRS, pair } from '../test/pairs.ts'
import type { KeyReason } from './errors.ts'
import { type ImportOptions, importKey, type JwkInput } from './import-key.ts'

type Row = readonly [name: string, jwk: object, reason: KeyReason, message?: RegExp]

const refuses = (jwk: object, reason: KeyReason, message = /./, options?: ImportOptions) => {
  const expected = { name: 'KeyError', reason, message }
  assert.throws(() => importKey(jwk as JwkInput, options), expected)
}
const b64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url')
const rsa = pair('RS256')
const ec = pair('ES256')
const ed = pair('EdDSA')
const akp = pair('ML-DSA-44')
const n = Buffer.from(rsa.publicJwk.n as string, 'base64url')
const odd = (bytes: number) => Buffer.alloc(bytes, 0xff)
const withN = (modulus: Buffer) => ({ ...rsa.publicJwk, n: b64(modulus) })
const withE = (e: string) => ({ ...rsa.publicJwk, e: b64(Buffer.from(e, 'hex')) })

const weakRsa: readonly Row[] = [
  ...[512, 1024, 2040].map(
    (bits) =>
      [
        `A-19 RSA of ${bits} bits`,
        withN(odd(bits / 8)),
        'weak',
        new RegExp(`${bits} bits`),
      ] as const,
  ),
  [
    'A-19 RSA of 2047 bits',
    withN(Buffer.concat([Buffer.from([0x7f]), n.subarray(1)])),
    'weak',
    /2047 bits/,
  ],
  ['A-18 RSA of 8193 bits', withN(Buffer.concat([Buffer.from([1]), odd(1024)])), 'unsupported'],
  ['A-18 RSA e=1', withE('01'), 'weak', /exponent is 1/],
  ['A-18 RSA e=2', withE('02'), 'weak', /exponent is even/],
  ['A-18 RSA e=65536', withE('010000'), 'weak', /exponent is even/],
  ['A-18 RSA e=3', withE('03'), 'weak', /below 65537/],
  ['A-18 RSA e=65535', withE('ffff'), 'weak', /below 65537/],
  ['A-18 RSA e of 33 bits', withE('0100000001'), 'unsupported', /32 bits/],
  ['A-18 RSA e=0', withE('00'), 'malformed'],
  [
    'A-18 an even modulus',
    withN(Buffer.concat([n.subarray(0, -1), Buffer.from([0xfe])])),
    'weak',
    /small factor/,
  ],
  ['A-18 a modulus that 3 divides', withN(odd(256)), 'weak', /small factor/],
]

/** In the order of bytes in which RFC 8032 §5.1.2 writes them. */
const SMALL_ORDER = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000080',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
]
/** The same points written with the sign of an x that is 0, as RFC 8032 §5.1.3 forbids. */
const SMALL_ORDER_SIGNED = [
  '0100000000000000000000000000000000000000000000000000000000000080',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
]
/** Points whose y is not below the prime, which it forbids too. */
const NOT_REDUCED = [
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]
const withX = (hex: string) => ({ ...ed.publicJwk, x: b64(Buffer.from(hex, 'hex')) })

const otherPoints: readonly Row[] = [
  ...[...SMALL_ORDER, ...SMALL_ORDER_SIGNED].map(
    (hex) => [`A-17 ${hex}`, withX(hex), 'weak', /small order/] as const,
  ),
  ...NOT_REDUCED.map(
    (hex) => [`A-17 ${hex}`, withX(hex), 'malformed', /not the encoding/] as const,
  ),
  ['A-18 no point of Ed25519', withX(`02${'00'.repeat(31)}`), 'malformed', /no point/],
  ...PAIRS.filter(({ key }) => key.kty === 'EC').flatMap(({ alg, publicJwk }) => {
    const { length } = Buffer.from(publicJwk.x as string, 'base64url')
    const zero = b64(Buffer.alloc(length))
    const other = Buffer.from(publicJwk.y as string, 'base64url')
    other[length - 1] = (other[length - 1] as number) ^ 1
    return [
      [`A-18 ${alg} (0, 0)`, { ...publicJwk, x: zero, y: zero }, 'malformed'],
      [`A-18 ${alg} off the curve`, { ...publicJwk, y: b64(other) }, 'malformed'],
      [`A-18 ${alg} past the field`, { ...publicJwk, x: b64(odd(length)) }, 'malformed'],
      [`A-18 ${alg} at infinity`, { ...publicJwk, x: '', y: '' }, 'malformed', /has 0 bytes/],
    ] satisfies Row[]
  }),
]

const wrongFamily: readonly Row[] = [
  ['A-05 P-384 for ES256', { ...pair('ES384').publicJwk, alg: 'ES256' }, 'wrong_kty', /crv P-256/],
  ['A-05 P-256 for ES512', { ...ec.publicJwk, alg: 'ES512' }, 'wrong_kty', /crv P-521/],
  ['A-05 secp256k1 for ES256', { ...ec.publicJwk, crv: 'secp256k1' }, 'wrong_kty'],
  ['A-05 ES256K', { ...ec.publicJwk, alg: 'ES256K' }, 'unknown_alg'],
  ['A-05 Ed25519 for ES256', { ...ed.publicJwk, alg: 'ES256' }, 'wrong_kty'],
  ['A-05 Ed448 for EdDSA', { ...ed.publicJwk, crv: 'Ed448' }, 'wrong_kty', /crv Ed25519/],
  ['A-05 X25519 for EdDSA', { ...ed.publicJwk, crv: 'X25519' }, 'wrong_kty'],
  ['A-05 RSA for ES256', { ...rsa.publicJwk, alg: 'ES256' }, 'wrong_kty'],
  ['A-05 ML-DSA-44 for ML-DSA-65', { ...akp.publicJwk, alg: 'ML-DSA-65' }, 'malformed', /1952/],
  ['A-20 RSA for a secret', { ...rsa.publicJwk, alg: 'HS256' }, 'wrong_kty'],
  ['A-20 for encryption', { ...rsa.publicJwk, use: 'enc' }, 'wrong_use'],
  ['A-20 that encrypts', { ...rsa.publicJwk, key_ops: ['encrypt'] }, 'wrong_use'],
  ['A-20 public, that signs', { ...rsa.publicJwk, key_ops: ['sign'] }, 'wrong_use', /public key/],
  ['a secret member in a public key', { ...ec.publicJwk, k: 'AAAA' }, 'unsupported', /no k$/],
  ['more than two primes', { ...rsa.privateJwk, oth: [] }, 'unsupported', /no oth$/],
]

const badMembers: readonly Row[] = [
  ...(['n', 'e'] as const).flatMap(
    (member) =>
      [
        [`without ${member}`, { ...rsa.publicJwk, [member]: undefined }, 'malformed', /is missing/],
        [
          `${member} as number`,
          { ...rsa.publicJwk, [member]: 65537 },
          'malformed',
          /not base64url/,
        ],
        [`${member} empty`, { ...rsa.publicJwk, [member]: '' }, 'malformed', /number/],
        [
          `${member} with padding`,
          { ...rsa.publicJwk, [member]: `${rsa.publicJwk[member]}=` },
          'malformed',
          /not base64url/,
        ],
        [
          `${member} with a zero in front`,
          {
            ...rsa.publicJwk,
            [member]: `AA${rsa.publicJwk[member]}`.replace(/^AAAQAB$/, 'AAEAAQ'),
          },
          'malformed',
        ],
      ] satisfies Row[],
  ),
  ['x that is short', { ...ec.publicJwk, x: ec.publicJwk.x?.slice(0, 40) }, 'malformed', /not 32/],
  ['x of EdDSA that is long', { ...ed.publicJwk, x: 'A'.repeat(44) }, 'malformed', /not 32/],
  ['pub that is short', { ...akp.publicJwk, pub: 'AAAA' }, 'malformed', /not 1312/],
  ['pub in base64', { ...akp.publicJwk, pub: '++++'.repeat(1) }, 'malformed', /not base64url/],
  ['a seed that is long', { ...akp.privateJwk, priv: 'A'.repeat(88) }, 'malformed', /not 32/],
  [
    'a private RSA key of d only',
    { ...rsa.publicJwk, d: rsa.privateJwk.d },
    'malformed',
    /p is missing/,
  ],
]

for (const [group, rows] of Object.entries({ weakRsa, otherPoints, wrongFamily, badMembers })) {
  describe(`A JWK is refused: ${group}`, () => {
    for (const [name, jwk, reason, message] of rows) {
      test(name, () => refuses(jwk, reason, message))
    }
  })
}

describe('A private half that belongs to another public half is refused', () => {
  const others: Record<string, object> = {
    RSA: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }),
  }
  for (const { alg, key, privateJwk } of PAIRS) {
    const kind = { EC: 'ec', OKP: 'ed25519', AKP: alg.toLowerCase() }[key.kty as 'EC']
    const other = (others[key.kty] ??
      generateKeyPairSync(kind as 'ec', { namedCurve: privateJwk.crv as string }).privateKey.export(
        {
          format: 'jwk',
        },
      )) as Record<string, string>
    for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'priv']) {
      if (privateJwk[member] === undefined) continue
      test(`${alg}, ${member}`, () => {
        refuses({ ...privateJwk, [member]: other[member] }, 'mismatch')
      })
    }
  }
})

test('A-18 a private EC number of zero, or past the order of its curve, is refused', () => {
  for (const { privateJwk, key } of PAIRS) {
    if (key.kty !== 'EC') continue
    const { length } = Buffer.from(privateJwk.d as string, 'base64url')
    for (const d of [Buffer.alloc(length), odd(length)]) {
      refuses({ ...privateJwk, d: b64(d) }, 'mismatch')
    }
  }
})

describe('Only public keys where publicOnly is asked', () => {
  for (const { alg, publicJwk, privateJwk, privateKey } of PAIRS) {
    test(`A-20 ${alg}`, () => {
      assert.equal(importKey(publicJwk, { publicOnly: true }).signs, false)
      refuses(privateJwk, 'private', undefined, { publicOnly: true })
      const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }) as string
      refuses({ pem, alg }, 'private', undefined, { publicOnly: true })
    })
  }
  test('A-20 a secret', () => {
    const k = b64(Buffer.alloc(32, 7))
    refuses({ kty: 'oct', alg: 'HS256', k }, 'private', undefined, { publicOnly: true })
  })
})

test('A-18 a ROCA modulus is refused, and its neighbours are not', () => {
  const { tests } = JSON.parse(readVector('wycheproof-jwk.json')) as {
    tests: { comment: string; keys: JwkInput[] }[]
  }
  const roca = tests.find(({ comment }) => comment === 'rejectsKeyWithRocaVulnerability')?.keys[0]
  refuses(roca as JwkInput, 'weak', /ROCA/)
  assert.equal(importKey(rsa.publicJwk).verifies, true)
})

describe('key_ops says what a half is for', () => {
  test('a private key for signing still checks, with its public half', () => {
    const key = importKey({ ...ec.privateJwk, key_ops: ['sign'] })
    assert.deepEqual([key.signs, key.verifies], [true, true])
  })
  test('a private key for checking does not sign', () => {
    const key = importKey({ ...ec.privateJwk, key_ops: ['verify'] })
    assert.deepEqual([key.signs, key.verifies], [false, true])
  })
})

test('a refusal names no private member', () => {
  for (const { privateJwk } of PAIRS) {
    for (const member of ['d', 'p', 'priv']) {
      const value = privateJwk[member]
      if (value === undefined) continue
      assert.throws(
        () => importKey({ ...privateJwk, [member]: `${value}=` }),
        (error: Error) => !`${error.stack}${error.cause}`.includes(value.slice(0, 20)),
      )
    }
  }
})
