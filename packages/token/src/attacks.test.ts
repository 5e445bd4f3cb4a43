/** Forgeries against key pairs: each is signed as well as its maker can, and each is refused. */
import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { describe, test } from 'node:test'
import { CLAIMS, encode, forge, OPTIONS, readVector } from '../test/forge.ts'
import { PAIRS, type Pair, pair } from '../test/pairs.ts'
import type { TokenReason } from './errors.ts'
import { importKey } from './import-key.ts'
import { KeyRing, type VerificationKeys } from './keyring.ts'
import { verifyToken } from './verify.ts'

type Row = readonly [name: string, token: string, keys: VerificationKeys, reason: TokenReason]

const rs256 = pair('RS256')
const es256 = pair('ES256')
const withSignature = (token: string, signature: Uint8Array) =>
  `${token.split('.', 2).join('.')}.${Buffer.from(signature).toString('base64url')}`

const none: readonly Row[] = PAIRS.flatMap(({ alg, key, sign }) =>
  ['none', 'None', 'NONE', 'nOnE', 'none ', 'non\u0435'].flatMap((name) => {
    const input = `${encode({ typ: 'JWT', alg: name })}.${encode(CLAIMS)}`
    const signed = `${input}.${sign(input).toString('base64url')}`
    return [
      [`A-01 ${name} for ${alg}, without signature`, `${input}.`, key, 'alg_not_allowed'],
      [`A-01 ${name} for ${alg}, with a good signature`, signed, key, 'alg_not_allowed'],
      [`A-01 ${name} for ${alg}, without last dot`, input, key, 'malformed'],
    ] satisfies Row[]
  }),
)

/** Everything that a public key is written as. */
function textsOf({ publicKey, publicJwk }: Pair): Record<string, string | Buffer> {
  const spki = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const der = publicKey.export({ type: 'spki', format: 'der' })
  const certificate = readVector('certificate.pem').replace(/-----.*-----|\n/g, '')
  return {
    'SPKI PEM': spki,
    'SPKI PEM without its last newline': spki.trimEnd(),
    'SPKI PEM with CRLF': spki.replaceAll('\n', '\r\n'),
    ...(publicKey.asymmetricKeyType === 'rsa' && {
      'PKCS#1 PEM': publicKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
    }),
    'SPKI DER': der,
    'the bare number': Buffer.from(
      (publicJwk.n ?? publicJwk.x ?? publicJwk.pub) as string,
      'base64url',
    ),
    'the JWK': JSON.stringify(publicJwk),
    'the JWKS': JSON.stringify({ keys: [publicJwk] }),
    'base64 of DER': der.toString('base64'),
    'an x5c': certificate,
    'A-12 nothing': '',
  }
}

const confusion: readonly Row[] = PAIRS.flatMap((one) =>
  Object.entries(textsOf(one)).flatMap(([name, secret]) => {
    const named = importKey({ ...one.publicJwk, kid: 'k' })
    const header = { alg: 'HS256', kid: 'k' }
    const lie = { alg: one.alg, kid: 'k' }
    return [
      [`A-03 ${one.alg}, ${name}`, forge({ secret }), one.key, 'alg_not_allowed'],
      [`A-03 ${one.alg}, ${name}, by kid`, forge({ header, secret }), named, 'alg_not_allowed'],
      [`A-03 ${one.alg}, ${name}, lying`, forge({ header: lie, secret }), named, 'bad_signature'],
    ] satisfies Row[]
  }),
)

const otherAlgorithms: readonly Row[] = PAIRS.flatMap(({ alg, key, forge, sign }) => [
  ...[...PAIRS.map((other) => other.alg), 'ES256K', 'Ed25519', 'RS1', alg.toLowerCase()]
    .filter((other) => other !== alg)
    .map(
      (other) =>
        [
          `A-05 ${alg} under the name ${other}`,
          forge({ header: { alg: other } }),
          key,
          'alg_not_allowed',
        ] as const,
    ),
  ...PAIRS.filter((other) => other.alg !== alg && other.key.kty === key.kty).map((other) => {
    const input = `${encode({ typ: 'JWT', alg })}.${encode(CLAIMS)}`
    const signature = other.sign(input)
    assert.notDeepEqual(signature, sign(input))
    return [
      `A-05 ${alg} signed as ${other.alg}`,
      withSignature(`${input}.`, signature),
      key,
      'bad_signature',
    ] as const
  }),
])

const attacker = generateKeyPairSync('rsa', { modulusLength: 2048 })
const theirs = attacker.publicKey.export({ format: 'jwk' })
const ownHeaders = {
  'A-06 jwk': { jwk: theirs },
  'A-06 jwk of a secret': { jwk: { kty: 'oct', k: 'AAAA' } },
  'A-06 jwk with our kid': { kid: 'k', jwk: { ...theirs, kid: 'k' } },
  'A-07 jku': { jku: 'https://127.0.0.1/jwks.json' },
  'A-08 x5c': { x5c: [readVector('certificate.pem').replace(/-----.*-----|\n/g, '')] },
}
const ours = importKey({ ...rs256.publicJwk, kid: 'k' })
const broughtAlong: readonly Row[] = Object.entries(ownHeaders).map(([name, header]) => {
  const input = `${encode({ alg: 'RS256', ...header })}.${encode(CLAIMS)}`
  const signature = sign('sha256', Buffer.from(input), attacker.privateKey)
  return [name, withSignature(`${input}.`, signature), ours, 'bad_signature']
})

const wrongKeys: readonly Row[] = [
  [
    'A-09 a kid that no key has',
    rs256.forge({ header: { alg: 'RS256', kid: '../../dev/null' } }),
    ours,
    'unknown_key',
  ],
  [
    'A-11 a key that has left the ring',
    rs256.forge({ header: { alg: 'RS256', kid: 'k' } }),
    new KeyRing(importKey({ ...es256.privateJwk, kid: 'next' })),
    'unknown_key',
  ],
  [
    'A-22 a client secret where a key pair is expected',
    forge({
      header: { alg: 'HS256', kid: 'client-1' },
      secret: 'the-secret-of-client-1-for-login',
    }),
    importKey({ ...es256.publicJwk, kid: 'client-1' }),
    'alg_not_allowed',
  ],
]

const groups = { none, confusion, otherAlgorithms, broughtAlong, wrongKeys }
for (const [group, rows] of Object.entries(groups)) {
  describe(`Forgeries: ${group}`, () => {
    for (const [name, token, keys, reason] of rows) {
      test(name, async () => {
        await assert.rejects(verifyToken(token, keys, OPTIONS), { name: 'TokenError', reason })
      })
    }
  })
}

test('A-09 a kid names its own key, and no other of the ring', async () => {
  const ring = new KeyRing(importKey({ ...es256.privateJwk, kid: 'a' }), [
    importKey({ ...pair('ES384').publicJwk, kid: 'b' }),
    importKey({ ...rs256.publicJwk, kid: 'c' }),
  ])
  const good = es256.forge({ header: { alg: 'ES256', kid: 'a' } })
  assert.deepEqual(await verifyToken(good, ring, OPTIONS), CLAIMS)
  for (const kid of ['b', 'c']) {
    const lie = es256.forge({ header: { alg: 'ES256', kid } })
    await assert.rejects(verifyToken(lie, ring, OPTIONS), { reason: 'alg_not_allowed' })
  }
})
