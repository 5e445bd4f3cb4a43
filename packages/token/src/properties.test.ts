import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { CLAIMS, forge, KEY, OPTIONS } from '../test/forge.ts'
import { PAIRS, pair } from '../test/pairs.ts'
import { decodeUnverified } from './decode.ts'
import { TOKEN_REASONS, TokenError } from './errors.ts'
import { importKey } from './import-key.ts'
import type { Key } from './key.ts'
import { signJws, signToken } from './sign.ts'
import { verifyJws, verifyToken } from './verify.ts'

const SECRETS: readonly Key[] = [
  KEY,
  importKey({ secret: randomBytes(48), alg: 'HS384' }),
  importKey({ secret: randomBytes(64), alg: 'HS512', kid: 'k' }),
]
const KEY_PAIRS = PAIRS.map(({ key }) => key)
const anyKey = fc.constantFrom(...SECRETS, ...KEY_PAIRS)
/** All keys that `key` may stand beside. */
const besides = (key: Key) => (key.kty === 'oct' ? SECRETS : KEY_PAIRS)
/** Text that may be in a token: anything but NUL and lone surrogates. */
const text = fc.string({ unit: 'grapheme' }).filter((written) => !written.includes('\0'))
const name = text.filter((written) => !(written in { ...CLAIMS, nbf: 0, jti: '' }))
const value = fc.oneof(text, fc.boolean(), fc.maxSafeInteger(), fc.array(text), fc.constant(null))
const moreClaims = fc.dictionary(name, value, { noNullPrototype: true })
const part = fc.oneof(fc.json({ noUnicodeString: false }), fc.string(), fc.uint8Array())

/** The claims, or the reason. Anything else that is thrown fails the test. */
async function judge(token: unknown, key: Key | readonly Key[]) {
  try {
    return await verifyToken(token as string, key, OPTIONS)
  } catch (error) {
    assert.ok(error instanceof TokenError, String(error))
    assert.equal(Object.hasOwn(TOKEN_REASONS, error.reason), true)
    return error.reason
  }
}

describe('For every token', () => {
  test('what was signed is what is read', async () => {
    await fc.assert(
      fc.asyncProperty(moreClaims, anyKey, async (more, key) => {
        const claims = { ...CLAIMS, ...more }
        assert.deepEqual(await judge(await signToken(claims, key), besides(key)), claims)
      }),
    )
  })

  test('bytes that were signed are the bytes that are read', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1 }), anyKey, async (bytes, key) => {
        assert.deepEqual((await verifyJws(await signJws(bytes, key), key)).payload, bytes)
      }),
    )
  })

  test('one other character makes it a token that is refused', async () => {
    await fc.assert(
      fc.asyncProperty(
        moreClaims,
        anyKey,
        fc.nat(),
        fc.integer({ min: 1, max: 0xffff }),
        async (more, key, where, change) => {
          const token = await signToken({ ...CLAIMS, ...more }, key)
          const at = where % token.length
          const other = String.fromCharCode(token.charCodeAt(at) ^ change)
          const changed = token.slice(0, at) + other + token.slice(at + 1)
          assert.equal(typeof (await judge(changed, besides(key))), 'string')
        },
      ),
      { numRuns: 2_000 },
    )
  })

  test('one other bit of the signature makes it a bad one', async () => {
    await fc.assert(
      fc.asyncProperty(anyKey, fc.nat(), fc.nat(7), async (key, where, bit) => {
        const [header, payload, signature] = (await signToken(CLAIMS, key)).split('.')
        const bytes = Buffer.from(signature as string, 'base64url')
        const at = where % bytes.length
        bytes[at] = (bytes[at] as number) ^ (1 << bit)
        const changed = `${header}.${payload}.${bytes.toString('base64url')}`
        assert.equal(await judge(changed, besides(key)), 'bad_signature')
      }),
      { numRuns: 500 },
    )
  })

  test('another text of the same length in the alphabet is refused', async () => {
    const token = await signToken(CLAIMS, KEY)
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    for (let at = 0; at < token.length; at++) {
      for (const other of alphabet) {
        if (other === token[at]) continue
        const changed = token.slice(0, at) + other + token.slice(at + 1)
        assert.equal(typeof (await judge(changed, KEY)), 'string', changed)
      }
    }
  })

  test('the order of members changes no verdict', async () => {
    const odd = fc.record(
      {
        iss: fc.constantFrom('me', 'you', ['me']),
        aud: fc.constantFrom('app', ['x', 'app'], [], 'x'),
        exp: fc.integer({ min: OPTIONS.clock() - 2, max: OPTIONS.clock() + 2 }),
        nbf: fc.integer({ min: OPTIONS.clock() - 2, max: OPTIONS.clock() + 2 }),
        iat: fc.constantFrom(OPTIONS.clock(), OPTIONS.clock() + 1, 'x'),
        sub: fc.constantFrom('a', 5),
      },
      { requiredKeys: [] },
    )
    const shuffled = odd.chain((claims) => {
      const members = Object.entries(claims)
      return fc.tuple(
        fc.constant(claims),
        fc.shuffledSubarray(members, { minLength: members.length }),
      )
    })
    await fc.assert(
      fc.asyncProperty(shuffled, async ([claims, members]) => {
        const one = await judge(forge({ payload: claims }), KEY)
        const two = await judge(forge({ payload: Object.fromEntries(members) }), KEY)
        assert.deepEqual(one, two)
      }),
      { numRuns: 500 },
    )
  })
})

test('the order of header members changes no verdict', async () => {
  const names = ['alg', 'typ', 'kid', 'x', 'crit'] as const
  const pairs = fc.constantFrom(...PAIRS.filter(({ key }) => key.kty !== 'EC'))
  await fc.assert(
    fc.asyncProperty(
      pairs,
      fc.subarray([...names]),
      fc.shuffledSubarray([...names], { minLength: names.length }),
      async (one, some, order) => {
        const members = { alg: one.alg, typ: 'JWT', kid: 'k', x: [1], crit: ['x'] }
        const headerOf = (list: readonly (typeof names)[number][]) =>
          Object.fromEntries(list.filter((n) => some.includes(n)).map((n) => [n, members[n]]))
        const first = await judge(one.forge({ header: headerOf(names) }), one.key)
        const second = await judge(one.forge({ header: headerOf(order) }), one.key)
        assert.deepEqual(second, first)
        const isGood = some.includes('alg') && !some.includes('crit')
        assert.deepEqual(first, isGood ? CLAIMS : 'malformed')
      },
    ),
    { numRuns: 200 },
  )
})

describe('Whatever is given as a token', () => {
  test('a value of any type is judged', async () => {
    await fc.assert(
      fc.asyncProperty(fc.anything(), async (token) => {
        assert.equal(await judge(token, SECRETS), 'malformed')
        assert.equal(await judge(token, KEY_PAIRS), 'malformed')
      }),
    )
  })

  test('any text is judged', async () => {
    const dotted = fc.array(fc.base64String(), { maxLength: 5 }).map((all) => all.join('.'))
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string({ unit: 'binary' }), dotted), async (token) => {
        assert.equal(typeof (await judge(token, SECRETS)), 'string')
        try {
          decodeUnverified(token)
        } catch (error) {
          assert.ok(error instanceof TokenError)
        }
      }),
      { numRuns: 1_000 },
    )
  })

  test('any signed header and payload is judged', async () => {
    await fc.assert(
      fc.asyncProperty(part, part, async (header, payload) => {
        await judge(forge({ payload }), SECRETS)
        await judge(forge({ header }), SECRETS)
        await judge(forge({ header: { alg: 'HS256', kid: header } }), SECRETS)
        await judge(pair('EdDSA').forge({ header, payload }), KEY_PAIRS)
        await judge(pair('RS256').forge({ payload }), KEY_PAIRS)
      }),
      { numRuns: 1_000 },
    )
  })

  test('any claim of any value is judged', async () => {
    const names = fc.constantFrom('iss', 'aud', 'exp', 'nbf', 'iat', 'sub', 'jti', 'toString')
    await fc.assert(
      fc.asyncProperty(names, fc.json(), async (claim, json) => {
        await judge(forge({ payload: `{"iss":"me","exp":${2e9},"${claim}":${json}}` }), SECRETS)
      }),
      { numRuns: 1_000 },
    )
  })
})
