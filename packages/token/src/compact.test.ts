import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CLAIMS, encode, forge, KEY, OPTIONS, type Part, signText } from '../test/forge.ts'
import { MAX_TOKEN_CHARACTERS, parseCompact } from './compact.ts'
import { decodeUnverified } from './decode.ts'
import type { TokenError } from './errors.ts'
import { verifyToken } from './verify.ts'

const good = forge()
const [header, payload, signature] = good.split('.') as [string, string, string]
const HEADER = { alg: 'HS256' }

/** Each of these is properly signed wherever that is possible: only its shape is wrong. */
const malformed: Record<string, readonly (readonly [name: string, token: unknown])[]> = {
  'B-01 the number of segments': [
    ['nothing', ''],
    ['one segment', header],
    ['two segments', `${header}.${payload}`],
    ['four segments', signText(`${header}.${payload}.${payload}`)],
    ['five segments', signText(`${header}.${payload}.${payload}.${payload}`)],
    ['a last dot too many', `${good}.`],
    ['a first dot too many', `.${good}`],
    ['empty segments', '..'],
    ['no header', signText(`.${payload}`)],
    ['no payload', signText(`${header}.`)],
    ['no signature', `${header}.${payload}.`],
    ['dots', '.'.repeat(8_192)],
  ],
  'B-02 the alphabet': [
    ...['=', '==', '\n', '\r\n', '\t', ' ', '\0', '%2E', 'é', '😀', ','].flatMap((stray) => [
      [`${JSON.stringify(stray)} at the end`, `${good}${stray}`] as const,
      [`${JSON.stringify(stray)} at the start`, `${stray}${good}`] as const,
      [
        `${JSON.stringify(stray)} in the payload`,
        signText(`${header}.${payload}${stray}`),
      ] as const,
      [`${JSON.stringify(stray)} in the header`, signText(`${header}${stray}.${payload}`)] as const,
    ]),
    ['+ for -', signText(`${header}.${encode('{"a":"~~~"}').replaceAll('-', '+')}+`)],
    ['/ for _', signText(`${header}.${encode('{"a":"???"}').replaceAll('_', '/')}/`)],
    ['percent-encoded dots', good.replaceAll('.', '%2E')],
    ['a scheme', `Bearer ${good}`],
    ['a space within the signature', `${good.slice(0, -5)} ${good.slice(-5)}`],
  ],
  'B-03 bits that are not used': [
    ['in the signature', `${good.slice(0, -1)}${next(good.at(-1) as string)}`],
    ['in the header', signText(`${encode('{"alg":"HS256" }').replace(/.$/, next)}.${payload}`)],
    ['in the payload', signText(`${header}.${encode('{"exp":17000000600}').replace(/.$/, next)}`)],
    ['a single character', signText(`${header}.${payload}A`)],
  ],
  'B-04 no JSON object': [
    ...(
      ['', ' ', '[]', '[{"alg":"HS256"}]', '"x"', '1', 'null', 'true', '{', '{}x'] as const
    ).flatMap((text) => [
      [`the header ${text}`, forge({ header: text })] as const,
      [`the payload ${text}`, forge({ payload: text })] as const,
    ]),
    ['a payload of an array of claims', forge({ payload: [CLAIMS] })],
    ['bytes as payload', forge({ payload: new Uint8Array([0, 1, 2]) })],
  ],
  'B-05 a member given twice': [
    ['alg', forge({ header: '{"alg":"none","alg":"HS256"}' })],
    ['alg through an escape', forge({ header: '{"alg":"HS256","\\u0061lg":"HS256"}' })],
    ['sub', forge({ payload: withMembers('"sub":"u","sub":"admin"') })],
    ['sub through an escape', forge({ payload: withMembers('"sub":"u","s\\u0075b":"admin"') })],
    ['deep inside', forge({ payload: withMembers('"a":[{"b":1,"b":1}]') })],
  ],
  'B-06 crit': ['["x"]', '[]', '"exp"', '["exp"]', '["alg"]', '["b64","b64"]', 'null', '{}'].map(
    (crit) => [crit, forge({ header: `{"alg":"HS256","exp":1,"crit":${crit}}` })],
  ),
  'B-07 b64 and detached payloads': [
    ['b64 false', forge({ header: { ...HEADER, b64: false } })],
    ['b64 true', forge({ header: { ...HEADER, b64: true } })],
    ['b64 null', forge({ header: { ...HEADER, b64: null } })],
    ['b64 in crit', forge({ header: { ...HEADER, b64: false, crit: ['b64'] } })],
    [
      'an unencoded payload',
      signText(`${encode({ ...HEADER, b64: false, crit: ['b64'] })}.{"a":1}`),
    ],
    ['an unencoded payload with dots', signText(`${encode({ ...HEADER, b64: false })}.$.02`)],
    ['detached', `${header}..${signature}`],
  ],
  'B-08 the JSON serialisation': [
    ['flattened', JSON.stringify({ protected: header, payload, signature })],
    ['general', JSON.stringify({ payload, signatures: [{ protected: header, signature }] })],
    ['unprotected', JSON.stringify({ header: HEADER, payload, signature })],
    ['as object', { protected: header, payload, signature }],
  ],
  'B-09 and B-10 encrypted and compressed': [
    ['a JWE', `${encode({ alg: 'dir', enc: 'A128GCM' })}..AAAA.AAAA.AAAA`],
    ['a bomb', `${encode({ alg: 'dir', enc: 'A128GCM', zip: 'DEF' })}..AAAA.AAAA.AAAA`],
    ['many rounds', `${encode({ alg: 'PBES2-HS256+A128KW', p2c: 2147483647 })}.A.A.A.A`],
    ['zip in a JWS', forge({ header: { ...HEADER, zip: 'DEF' } })],
  ],
  'B-11 too long': [
    ['8192 characters and one', `${good}${'A'.repeat(MAX_TOKEN_CHARACTERS + 1 - good.length)}`],
    ['a header of 16 KiB', forge({ header: { ...HEADER, a: 'x'.repeat(16_384) } })],
    ['a megabyte of claims', forge({ payload: { ...CLAIMS, a: 'x'.repeat(1_048_576) } })],
    ['a signature of 64 KiB', `${header}.${payload}.${'A'.repeat(65_536)}`],
  ],
  'B-12 too deep and too wide': [
    ['33 levels', forge({ payload: `{"exp":1,"a":${'['.repeat(32)}${']'.repeat(32)}}` })],
    ['64 levels in the header', forge({ header: `{"a":${'['.repeat(64)}${']'.repeat(64)}}` })],
    ['3000 levels', forge({ payload: '['.repeat(3_000) })],
    ['257 claims', forge({ payload: Object.fromEntries(Array(257).fill(0).entries()) })],
  ],
  'B-13 no UTF-8': [
    ['0xFF in sub', forge({ payload: claimsWithSub('\xff') })],
    ['an overlong slash', forge({ payload: claimsWithSub('\xc0\xaf') })],
    ['surrogates as CESU-8', forge({ payload: claimsWithSub('\xed\xa0\xbd\xed\xb8\x80') })],
    [
      '0xFF in the header',
      forge({ header: Buffer.from('{"alg":"HS256","kid":"\xff"}', 'latin1') }),
    ],
    ['a byte order mark', forge({ payload: `\ufeff${JSON.stringify(CLAIMS)}` })],
    ['a byte order mark before the header', forge({ header: '\ufeff{"alg":"HS256"}' })],
    ['UTF-16', forge({ payload: Buffer.from(JSON.stringify(CLAIMS), 'utf16le') })],
  ],
  'B-14 no text that can be kept': [
    ['a lone surrogate in sub', forge({ payload: withMembers('"sub":"\\ud800"') })],
    ['NUL in sub', forge({ payload: withMembers('"sub":"a\\u0000"') })],
    ['NUL in a name', forge({ payload: withMembers('"\\u0000":1') })],
  ],
  'B-15 __proto__': [
    ['as claim', forge({ payload: withMembers('"__proto__":{"exp":9999999999}') })],
    ['in the header', forge({ header: '{"alg":"HS256","__proto__":{"kid":"a"}}' })],
  ],
  'B-16 numbers': ['0x10', '01', 'NaN', 'Infinity', '+1', '1.', '9007199254740993', '1e400'].map(
    (number) => [number, forge({ payload: withMembers(`"n":${number}`) })],
  ),
  'B-17 a token inside the token': ['JWT', 'jwt', 'application/jwt', 'APPLICATION/JWT'].flatMap(
    (cty) => [
      [`as text, ${cty}`, forge({ header: { ...HEADER, cty }, payload: JSON.stringify(good) })],
      [`by its name only, ${cty}`, forge({ header: { ...HEADER, cty } })],
    ],
  ),
  'A-02 alg': [
    ['missing', forge({ header: { typ: 'JWT' } })],
    ...[null, '', ['HS256'], { HS256: 1 }, true, 256].map(
      (alg) => [JSON.stringify(alg), forge({ header: { typ: 'JWT', alg } })] as const,
    ),
  ],
  'header members of the wrong type': [
    ['typ', forge({ header: { ...HEADER, typ: 1 } })],
    ['kid', forge({ header: { ...HEADER, kid: ['a'] } })],
    ['cty', forge({ header: { ...HEADER, cty: ['JWT'] } })],
  ],
  'something that is no string': [undefined, null, 0, true, [], {}, [good], Buffer.from(good)].map(
    (token) => [String(token), token],
  ),
}

for (const [group, rows] of Object.entries(malformed)) {
  describe(group, () => {
    for (const [name, token] of rows) {
      test(`is malformed: ${name}`, async () => {
        await assert.rejects(verifyToken(token as string, KEY, OPTIONS), {
          name: 'TokenError',
          reason: 'malformed',
        })
      })
    }
  })
}

describe('What these rows stand beside is accepted', () => {
  const rows: readonly [name: string, header: Part, payload: Part][] = [
    ['the token itself', HEADER, CLAIMS],
    ['white space in the JSON', ' {"alg" :\r\n"HS256"}', JSON.stringify(CLAIMS, null, 2)],
    ['other header members', { ...HEADER, cty: 'json', x: [1] }, CLAIMS],
    ['B-12 32 levels', HEADER, { ...CLAIMS, a: JSON.parse('['.repeat(31) + ']'.repeat(31)) }],
    ['B-14 any other text', HEADER, { ...CLAIMS, sub: '\u202e\u200b e\u0301 é \u212a ﬀ 😀' }],
    ['B-15 constructor and prototype', HEADER, { ...CLAIMS, constructor: 1, prototype: {} }],
    ['B-16 numbers that are exact', HEADER, { ...CLAIMS, n: [2 ** 53 - 1, -1.5, 0] }],
  ]
  for (const [name, header, payload] of rows) {
    test(name, async () => {
      const claims = await verifyToken(forge({ header, payload }), KEY, OPTIONS)
      assert.deepEqual(
        claims,
        JSON.parse(typeof payload === 'string' ? payload : JSON.stringify(payload)),
      )
    })
  }

  test('B-11 8192 characters', async () => {
    const room = MAX_TOKEN_CHARACTERS - forge({ payload: { ...CLAIMS, a: '' } }).length
    const claims = { ...CLAIMS, a: 'x'.repeat(Math.floor((room * 3) / 4)) }
    const token = forge({ payload: claims })
    assert.ok(token.length >= MAX_TOKEN_CHARACTERS - 1 && token.length <= MAX_TOKEN_CHARACTERS)
    assert.deepEqual(await verifyToken(token, KEY, OPTIONS), claims)
  })
})

test('B-01 fewer than three segments are called so', async () => {
  for (const token of ['', 'a', 'a.b', `${header}.${payload}`]) {
    await assert.rejects(verifyToken(token, KEY, OPTIONS), { message: 'Not enough segments' })
  }
})

test('B-01 and B-12 the worst texts take less than 5 ms', async () => {
  const texts = {
    'a million dots': '.'.repeat(1_000_000),
    'dots up to the limit': '.'.repeat(MAX_TOKEN_CHARACTERS),
    'brackets up to the limit': forge({ payload: '['.repeat(6_000) }),
    'escapes up to the limit': forge({ payload: `"${'\\'.repeat(2_500)}` }),
  }
  for (const [name, token] of Object.entries(texts)) {
    const took: number[] = []
    for (let round = 0; round < 5; round++) {
      const start = performance.now()
      await assert.rejects(verifyToken(token, KEY, OPTIONS), { reason: 'malformed' })
      took.push(performance.now() - start)
    }
    // The quickest round: the others may have waited for other processes.
    assert.ok(Math.min(...took) < 5, `${name}: ${took}`)
  }
})

test('B-15 a claim named __proto__ changes no object', async () => {
  const token = forge({ payload: withMembers('"__proto__":{"admin":true}') })
  await assert.rejects(verifyToken(token, KEY, OPTIONS))
  assert.equal(decodeUnverified(token).payload, undefined)
  assert.equal(({} as { admin?: boolean }).admin, undefined)
})

test('B-15 what a prototype has is no claim and no extension', async (t) => {
  Object.assign(Object.prototype, { crit: ['x'], sub: 5, extra: 1 })
  t.after(() => {
    for (const name of ['crit', 'sub', 'extra']) Reflect.deleteProperty(Object.prototype, name)
  })
  const token = signText(`${encode('{"alg":"HS256"}')}.${encode(CLAIMS)}`)
  assert.equal((await verifyToken(token, KEY, OPTIONS)).iss, 'me')
  const options = { ...OPTIONS, requiredClaims: ['extra'] }
  await assert.rejects(verifyToken(token, KEY, options), { reason: 'missing_claim' })
})

test('a header that is handed out cannot be changed for the next token', () => {
  for (const part of [HEADER, { ...HEADER, list: [1] }]) {
    const token = forge({ header: part })
    const first = parseCompact(token).header as { alg: string; list?: number[] }
    try {
      first.list?.push(2)
      first.alg = 'none'
    } catch {}
    assert.deepEqual(parseCompact(token).header, part)
  }
})

test('a flood of different headers leaves the right header to each', () => {
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 500; i++) {
      assert.equal(parseCompact(forge({ header: { ...HEADER, kid: `k${i}` } })).header.kid, `k${i}`)
    }
  }
})

test('a refusal quotes nothing of the token', async () => {
  const tokens = Object.values(malformed).flatMap((rows) => rows.map(([, token]) => token))
  for (const token of [...tokens, forge({ payload: '{"phone":"15555551212"' })]) {
    const error = await verifyToken(token as string, KEY, OPTIONS).then(
      () => assert.fail('it was accepted'),
      (error: TokenError) => error,
    )
    const told = [error.message, error.detail, error.stack, error.cause].join(' ')
    assert.ok(!/1555|HS256|[\w-]{40}/.test(told), told)
  }
})

/** The next character of the base64url alphabet: the same bytes where the last bits do not count. */
function next(character: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return alphabet[(alphabet.indexOf(character) + 1) % 64] as string
}

/** Good claims, with further members written as they are. */
function withMembers(members: string): string {
  const { sub: _, ...others } = CLAIMS
  return JSON.stringify(others).replace(/\}$/, `,${members}}`)
}

function claimsWithSub(latin1: string): Uint8Array {
  return Buffer.from(JSON.stringify({ ...CLAIMS, sub: latin1 }), 'latin1')
}
