/** Forgeries: each is signed as well as its maker can, and each is refused. */
import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, describe, test } from 'node:test'
import { CLAIMS, encode, forge, KEY, OPTIONS, readVector, signText } from '../test/forge.ts'
import { PAIRS, type Pair, pair } from '../test/pairs.ts'
import type { TokenReason } from './errors.ts'
import { importKey } from './import-key.ts'
import type { Key } from './key.ts'
import { KeyRing, type VerificationKeys } from './keyring.ts'
import { verifyToken } from './verify.ts'

type Row = readonly [name: string, token: string, keys: VerificationKeys, reason: TokenReason]

const rs256 = pair('RS256')
const es256 = pair('ES256')
const certificate = readVector('certificate.pem').replace(/-----.*-----|\n/g, '')
const withSignature = (token: string, signature: Uint8Array) =>
  `${token.split('.', 2).join('.')}.${Buffer.from(signature).toString('base64url')}`

/** What signs: the key pairs, and one secret for each hash. */
type Signer = Pick<Pair, 'alg' | 'key' | 'sign' | 'forge'>
const LONG_SECRET = Buffer.alloc(64, 7)
const SECRETS = ['256', '384', '512'].map((bits): Signer => {
  const [alg, hash] = [`HS${bits}`, `sha${bits}`]
  return {
    alg,
    key: importKey({ secret: LONG_SECRET, alg }),
    sign: (input) => createHmac(hash, LONG_SECRET).update(input).digest(),
    forge: ({ header = { typ: 'JWT', alg } } = {}) => forge({ header, secret: LONG_SECRET, hash }),
  }
})
const SIGNERS: readonly Signer[] = [...PAIRS, ...SECRETS]

const NONE = ['none', 'None', 'NONE', 'nOnE', 'none ', 'non\u0435', 'nil', 'HS1']
const none: readonly Row[] = SIGNERS.flatMap(({ alg, key, sign }) => [
  ...NONE.flatMap((name) => {
    const input = `${encode({ typ: 'JWT', alg: name })}.${encode(CLAIMS)}`
    const signed = withSignature(`${input}.`, sign(input))
    return [
      [`A-01 ${name} for ${alg}, without signature`, `${input}.`, key, 'alg_not_allowed'],
      [`A-01 ${name} for ${alg}, with a good signature`, signed, key, 'alg_not_allowed'],
      [`A-01 ${name} for ${alg}, of no secret`, signText(input, ''), key, 'alg_not_allowed'],
      [`A-01 ${name} for ${alg}, without last dot`, input, key, 'malformed'],
    ] satisfies Row[]
  }),
  // No text may hold NUL, and the shape of a token is looked at first.
  [`A-01 none and NUL for ${alg}`, forge({ header: { alg: 'none\0' } }), key, 'malformed'] as const,
])

/** Everything that a public key is written as. */
function textsOf({ publicKey, publicJwk }: Pair): Record<string, string | Buffer> {
  const spki = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const der = publicKey.export({ type: 'spki', format: 'der' })
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
      [`A-03 ${one.alg}, ${name}, for a secret`, forge({ secret }), KEY, 'bad_signature'],
    ] satisfies Row[]
  }),
)

const otherAlgorithms: readonly Row[] = SIGNERS.flatMap(({ alg, key, forge, sign }) => [
  ...[
    ...SIGNERS.map((other) => other.alg),
    ...['ES256K', 'Ed25519', 'RS1', alg.toLowerCase(), `${alg} `],
  ]
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
  ...SIGNERS.filter((other) => other.alg !== alg && other.key.kty === key.kty).map((other) => {
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
const guessed = Buffer.alloc(32, 1)
const ownHeaders = {
  'A-06 jwk': { jwk: theirs },
  'A-06 jwk of a secret': { jwk: { kty: 'oct', k: guessed.toString('base64url') } },
  'A-06 jwk with our kid': { kid: 'k', jwk: { ...theirs, kid: 'k' } },
  'A-08 x5c': { x5c: [certificate] },
}
const ours = importKey({ ...rs256.publicJwk, kid: 'k' })
/** Signed with the key that the header brings along, for a key pair and for a secret. */
const bringing = (member: object): readonly (readonly [token: string, key: Key])[] => {
  const input = `${encode({ alg: 'RS256', ...member })}.${encode(CLAIMS)}`
  const signature = sign('sha256', Buffer.from(input), attacker.privateKey)
  const header = { alg: 'HS256', ...member }
  return [
    [withSignature(`${input}.`, signature), ours],
    [forge({ header, secret: guessed }), KEY],
  ]
}
const broughtAlong: readonly Row[] = Object.entries(ownHeaders).flatMap(([name, member]) =>
  bringing(member).map(([token, key]) => [`${name} for ${key.alg}`, token, key, 'bad_signature']),
)

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
    'A-11 a secret that has left the ring',
    forge({ header: { alg: 'HS256', kid: 'k' } }),
    new KeyRing(importKey({ secret: LONG_SECRET, alg: 'HS256', kid: 'next' })),
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

test('what a token brings along is not read where the signature is ours', async () => {
  for (const member of Object.values(ownHeaders)) {
    assert.deepEqual(
      await verifyToken(forge({ header: { alg: 'HS256', ...member } }), KEY, OPTIONS),
      CLAIMS,
    )
    const token = rs256.forge({ header: { alg: 'RS256', ...member } })
    assert.deepEqual(await verifyToken(token, ours, OPTIONS), CLAIMS)
  }
})

describe('A-07 nothing that a token names is fetched', async () => {
  const requests: (string | undefined)[] = []
  const keys = JSON.stringify({ keys: [{ ...theirs, alg: 'RS256' }] })
  const server = createServer(({ url }, answer) => {
    requests.push(url)
    if (url?.startsWith('/moved')) answer.writeHead(302, { location: '/jwks.json' }).end()
    else answer.end(keys)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  after(() => server.close())
  const { port } = server.address() as AddressInfo
  const origin = `http://127.0.0.1:${port}`
  // Our own address is the text before the last digit of theirs.
  const options = { ...OPTIONS, issuer: origin.slice(0, -1) }
  const payload = { ...CLAIMS, iss: options.issuer }
  const urls = {
    plain: `${origin}/jwks.json`,
    'that begins like ours': `${origin}/look-alike`,
    'with ours before an @': `http://jotter.example@127.0.0.1:${port}/jwks.json`,
    'that redirects': `${origin}/moved`,
  }
  for (const member of ['jku', 'x5u']) {
    for (const [name, url] of Object.entries(urls)) {
      test(`${member} ${name}`, async () => {
        const header = { [member]: url }
        for (const [token, key] of bringing(header)) {
          await assert.rejects(verifyToken(token, key, OPTIONS), { reason: 'bad_signature' })
        }
        const good = forge({ header: { alg: 'HS256', ...header }, payload })
        assert.deepEqual(await verifyToken(good, KEY, options), payload)
        // Whatever was begun before arrives before this does.
        await (await fetch(`${origin}/ours`)).text()
        assert.deepEqual(requests.splice(0), ['/ours'])
      })
    }
  }
})
