/** Signatures that are almost right: each encodes, pads or computes something else. */
import assert from 'node:assert/strict'
import { constants, createHash, privateEncrypt } from 'node:crypto'
import { describe, test } from 'node:test'
import { CLAIMS, OPTIONS } from '../test/forge.ts'
import { pair, type Recipe } from '../test/pairs.ts'
import type { TokenReason } from './errors.ts'
import type { Key } from './key.ts'
import { verifyToken } from './verify.ts'

type Row = readonly [name: string, token: string, key: Key, reason: TokenReason]

const rs256 = pair('RS256')
const eddsa = pair('EdDSA')
const inputOf = (token: string) => token.split('.').slice(0, 2).join('.')
const withSignature = (token: string, signature: Uint8Array) =>
  `${inputOf(token)}.${Buffer.from(signature).toString('base64url')}`
const signatureOf = (token: string) => Buffer.from(token.split('.')[2] as string, 'base64url')

/** The order of the group of each curve (SEC 2). */
const ORDERS: Record<string, bigint> = {
  ES256: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  ES384:
    0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  ES512:
    0x1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
}
const bytesOf = (number: bigint, length: number) =>
  Buffer.from(number.toString(16).padStart(length * 2, '0'), 'hex')
const numberOf = (bytes: Buffer) => BigInt(`0x${bytes.toString('hex')}`)

const ecdsa: readonly Row[] = Object.entries(ORDERS).flatMap(([alg, n]) => {
  const { forge, key, sign } = pair(alg)
  const token = forge()
  const input = inputOf(token)
  const good = sign(input)
  const half = good.length / 2
  const numbers = { '0': 0n, '1': 1n, 'n-1': n - 1n, n, 'n+1': n + 1n }
  const hash = { ES256: 'sha256', ES384: 'sha384', ES512: 'sha512' }[alg] as string
  const der = sign(input, [hash, { dsaEncoding: 'der' }])
  assert.equal(der[0], 0x30)
  const rows: [name: string, signature: Uint8Array][] = [
    ...Object.entries(numbers).flatMap(([r, left]) =>
      Object.entries(numbers).map(([s, right]): [string, Buffer] => [
        `A-13 r=${r}, s=${s}`,
        Buffer.concat([bytesOf(left, half), bytesOf(right, half)]),
      ]),
    ),
    ['A-13 r=0 with a good s', Buffer.concat([Buffer.alloc(half), good.subarray(half)])],
    ['A-13 s=0 with a good r', Buffer.concat([good.subarray(0, half), Buffer.alloc(half)])],
    ['A-13 all ones', Buffer.alloc(good.length, 0xff)],
    ['A-13 a byte less', good.subarray(1)],
    ['A-13 a byte more', Buffer.concat([good, Buffer.alloc(1)])],
    ['A-13 a byte more in front', Buffer.concat([Buffer.alloc(1), good])],
    ['A-13 both halves longer', Buffer.concat([good.subarray(0, half), Buffer.alloc(1), good])],
    ['A-14 in DER', der],
  ]
  return [
    ...rows.map(
      ([name, signature]): Row => [
        `${name}, ${alg}`,
        withSignature(token, signature),
        key,
        'bad_signature',
      ],
    ),
    [`A-13 no signature, ${alg}`, `${input}.`, key, 'malformed'],
  ]
})

const L = 2n ** 252n + 27742317777372353535851937790883648493n
const reversed = (bytes: Buffer) => Buffer.from(bytes).reverse()
const edToken = eddsa.forge()
const edSignature = signatureOf(edToken)
const [edR, edS] = [edSignature.subarray(0, 32), edSignature.subarray(32)]
const ed25519: readonly Row[] = [
  ...[1n, 2n, 8n].map((times): Row => {
    const s = numberOf(reversed(edS)) + times * L
    const signature = Buffer.concat([edR, reversed(bytesOf(s, 32))])
    return [`A-16 S + ${times}L`, withSignature(edToken, signature), eddsa.key, 'bad_signature']
  }),
  ['A-16 64 zeros', withSignature(edToken, Buffer.alloc(64)), eddsa.key, 'bad_signature'],
  [
    'A-17 the identity and zero, which fits every message under a key of small order',
    withSignature(edToken, Buffer.concat([Buffer.from([1]), Buffer.alloc(63)])),
    eddsa.key,
    'bad_signature',
  ],
]

const { RSA_PKCS1_PSS_PADDING, RSA_PKCS1_PADDING, RSA_NO_PADDING } = constants
const pss: readonly Row[] = (
  [
    ['PS256', 'sha256', 32],
    ['PS384', 'sha384', 48],
    ['PS512', 'sha512', 64],
  ] as const
).flatMap(([alg, hash, length]) => {
  const { forge, key } = pair(alg)
  const padding = RSA_PKCS1_PSS_PADDING
  const rows: readonly (readonly [name: string, recipe: Recipe])[] = [
    ...[0, 20, length - 1, length + 1, 100].map(
      (saltLength) => [`a salt of ${saltLength}`, [hash, { padding, saltLength }]] as const,
    ),
    ...['sha1', 'sha224', 'sha256', 'sha384', 'sha512']
      .filter((other) => other !== hash)
      .map((other) => [other, [other, { padding, saltLength: length }]] as const),
    ['PKCS#1 v1.5', [hash, { padding: RSA_PKCS1_PADDING }]],
  ]
  return rows.map(
    ([name, recipe]): Row => [`A-21 ${alg} with ${name}`, forge({ recipe }), key, 'bad_signature'],
  )
})

/** DigestInfo of SHA-256 up to the digest (RFC 8017 §9.2), and what else might be taken for it. */
const DIGEST_INFO = '3031300d060960864801650304020105000420'
const MODIFIED: Record<string, (digest: string) => string> = {
  'without NULL': (digest) => `302f300b06096086480165030402010420${digest}`,
  'a long-form length': (digest) => `308131300d060960864801650304020105000420${digest}`,
  'a long-form length inside': (digest) => `303230810d060960864801650304020105000420${digest}`,
  'parameters that are no NULL': (digest) => `3033300f0609608648016503040201050201000420${digest}`,
  'bytes after the digest, in the sequence': (digest) =>
    `3033300d060960864801650304020105000420${digest}0500`,
  'the name of SHA-1': (digest) => `302d300906052b0e03021a05000420${digest}`,
  'the name of SHA-512': (digest) => `3031300d060960864801650304020305000420${digest}`,
  'no DigestInfo': (digest) => digest,
  'indefinite length': (digest) => `3080300d060960864801650304020105000420${digest}0000`,
}
const token = rs256.forge()
const digest = createHash('sha256').update(inputOf(token)).digest('hex')
const rawSignature = (hex: string) =>
  privateEncrypt({ key: rs256.privateKey, padding: RSA_NO_PADDING }, Buffer.from(hex, 'hex'))
/** 00 01 FF ... FF 00 and the rest, as long as the modulus. */
const framed = (rest: string, type = '0001', filler = 'ff') =>
  `${type}${filler.repeat(256 - 3 - rest.length / 2)}00${rest}`
const info = `${DIGEST_INFO}${digest}`
const raw: Record<string, string> = {
  ...Object.fromEntries(
    Object.entries(MODIFIED).map(([name, write]) => [name, framed(write(digest))]),
  ),
  'block type 0': framed(info, '0000'),
  'block type 2': framed(info, '0002'),
  'block type 3': framed(info, '0003'),
  'a filler of 00': framed(info, '0001', '00'),
  'a filler with one other byte': framed(info).replace('ffff', 'fffe'),
  'short filler, garbage at the end': `0001${'ff'.repeat(8)}00${info}${'ab'.repeat(256 - 11 - 51)}`,
  'no filler, garbage at the end': `000100${info}${'ab'.repeat(256 - 3 - 51)}`,
  'garbage of zeros at the end': `0001${'ff'.repeat(100)}00${info}${'00'.repeat(256 - 103 - 51)}`,
  'another digest': framed(`${DIGEST_INFO}${'00'.repeat(32)}`),
}
const pkcs1: readonly Row[] = [
  ...Object.entries(raw).map(
    ([name, hex]): Row => [
      `A-21 ${name}`,
      withSignature(token, rawSignature(hex)),
      rs256.key,
      'bad_signature',
    ],
  ),
  ...(['0', '1', 'n'] as const).map((name): Row => {
    const n = Buffer.from(rs256.publicJwk.n as string, 'base64url')
    const value = { 0: Buffer.alloc(256), 1: bytesOf(1n, 256), n }[name]
    return [`A-21 the signature ${name}`, withSignature(token, value), rs256.key, 'bad_signature']
  }),
]

const groups = { ecdsa, ed25519, pss, pkcs1 }
for (const [group, rows] of Object.entries(groups)) {
  describe(`Signatures: ${group}`, () => {
    for (const [name, token, key, reason] of rows) {
      test(name, async () => {
        await assert.rejects(verifyToken(token, key, OPTIONS), { name: 'TokenError', reason })
      })
    }
  })
}

test('A-21 the right padding, written by hand, is accepted', async () => {
  const same = withSignature(token, rawSignature(framed(info)))
  assert.equal(same, token)
  assert.deepEqual(await verifyToken(same, rs256.key, OPTIONS), CLAIMS)
})

test('A-15 (r, n-s) is another text of the same token: its jti names it, not its text', async () => {
  for (const [alg, n] of Object.entries(ORDERS)) {
    const { forge, key } = pair(alg)
    const one = forge({ payload: { ...CLAIMS, jti: 'once' } })
    const signature = signatureOf(one)
    const half = signature.length / 2
    const s = n - numberOf(signature.subarray(half))
    const other = withSignature(one, Buffer.concat([signature.subarray(0, half), bytesOf(s, half)]))
    assert.notEqual(other, one)
    assert.equal((await verifyToken(other, key, OPTIONS)).jti, 'once')
  }
})
