import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CLAIMS, forge, KEY, NOW, OPTIONS } from '../test/forge.ts'
import { isNumericDate } from './claims.ts'
import type { TokenReason } from './errors.ts'
import type { VerifyOptions } from './options.ts'
import { verifyToken } from './verify.ts'

type Verdict = TokenReason | 'accepted'

const judge = (claims: object | string, options: Partial<VerifyOptions> = {}): Promise<Verdict> =>
  verifyToken(forge({ payload: claims }), KEY, { ...OPTIONS, ...options }).then(
    () => 'accepted',
    (error) => error.reason,
  )

describe('The edges of time', () => {
  const rows: readonly [name: string, claims: object, leewaySeconds: number, verdict: Verdict][] = [
    ['C-01 exp a second ago', { exp: NOW - 1 }, 0, 'expired'],
    ['C-01 exp now', { exp: NOW }, 0, 'expired'],
    ['C-01 exp in a second', { exp: NOW + 1 }, 0, 'accepted'],
    ['C-01 exp in a moment', { exp: NOW + 0.001 }, 0, 'accepted'],
    ['C-01 exp six seconds ago, leeway 5', { exp: NOW - 6 }, 5, 'expired'],
    ['C-01 exp five seconds ago, leeway 5', { exp: NOW - 5 }, 5, 'expired'],
    ['C-01 exp four seconds ago, leeway 5', { exp: NOW - 4 }, 5, 'accepted'],
    ['C-02 nbf in a second', { nbf: NOW + 1 }, 0, 'not_yet_valid'],
    ['C-02 nbf in a moment', { nbf: NOW + 0.001 }, 0, 'not_yet_valid'],
    ['C-02 nbf now', { nbf: NOW }, 0, 'accepted'],
    ['C-02 nbf a second ago', { nbf: NOW - 1 }, 0, 'accepted'],
    ['C-02 nbf in six seconds, leeway 5', { nbf: NOW + 6 }, 5, 'not_yet_valid'],
    ['C-02 nbf in five seconds, leeway 5', { nbf: NOW + 5 }, 5, 'accepted'],
    ['C-02 nbf zero', { nbf: 0 }, 0, 'accepted'],
    ['C-03 iat in an hour', { iat: NOW + 3600 }, 0, 'not_yet_valid'],
    ['C-03 iat in a second', { iat: NOW + 1 }, 0, 'not_yet_valid'],
    ['C-03 iat in six seconds, leeway 5', { iat: NOW + 6 }, 5, 'not_yet_valid'],
    ['C-03 iat in five seconds, leeway 5', { iat: NOW + 5 }, 5, 'accepted'],
    ['C-03 iat now', { iat: NOW }, 0, 'accepted'],
    ['C-03 iat before 1970', { iat: -1 }, 0, 'invalid_claim'],
    ['C-03 iat zero', { iat: 0 }, 0, 'invalid_claim'],
    ['C-05 exp in milliseconds', { exp: (NOW + 60) * 1000 }, 0, 'invalid_claim'],
    ['C-05 iat in milliseconds', { iat: NOW * 1000 }, 0, 'invalid_claim'],
  ]
  for (const [name, claims, leewaySeconds, verdict] of rows) {
    test(`${name}: ${verdict}`, async () => {
      assert.equal(await judge({ ...CLAIMS, ...claims }, { leewaySeconds }), verdict)
    })
  }

  test('C-03 a leeway for iat alone moves no other edge', async () => {
    const ahead = { iatLeewaySeconds: 5 }
    assert.equal(await judge({ ...CLAIMS, iat: NOW + 5 }, ahead), 'accepted')
    assert.equal(await judge({ ...CLAIMS, iat: NOW + 6 }, ahead), 'not_yet_valid')
    assert.equal(await judge({ ...CLAIMS, exp: NOW }, ahead), 'expired')
    assert.equal(await judge({ ...CLAIMS, nbf: NOW + 1 }, ahead), 'not_yet_valid')
    assert.equal(await judge({ ...CLAIMS, iat: NOW + 5 }, { leewaySeconds: 5 }), 'accepted')
  })

  test('fractions of the clock count', async () => {
    const token = { ...CLAIMS, nbf: NOW + 10, exp: NOW + 20 }
    assert.equal(await judge(token, { clock: () => NOW + 9.999 }), 'not_yet_valid')
    assert.equal(await judge(token, { clock: () => NOW + 10 }), 'accepted')
    assert.equal(await judge(token, { clock: () => NOW + 19.999 }), 'accepted')
    assert.equal(await judge(token, { clock: () => NOW + 20 }), 'expired')
  })
})

describe('C-04 a NumericDate is a finite number that is not negative', () => {
  const wrong = ['"1700000000"', 'null', 'true', '[]', '[1700000060]', '{}', '""', '-1', '1e12']
  const inexact = ['1e400', '-1e400', '1e300', '9223372036854775807']
  for (const claim of ['exp', 'nbf', 'iat'] as const) {
    for (const value of [...wrong, ...inexact]) {
      test(`${claim} ${value}`, async () => {
        const { [claim]: _, ...others } = { nbf: NOW, ...CLAIMS }
        const text = JSON.stringify(others).replace(/\}$/, `,"${claim}":${value}}`)
        assert.equal(await judge(text), inexact.includes(value) ? 'malformed' : 'invalid_claim')
      })
    }
  }

  test('a fraction is one, zero is one, the year 10000 is none', async () => {
    assert.equal(await judge({ ...CLAIMS, iat: 1.5, nbf: 1.5, exp: NOW + 1.5 }), 'accepted')
    assert.equal(await judge({ ...CLAIMS, exp: 0 }), 'expired')
    assert.equal(await judge({ ...CLAIMS, exp: 253402300799 }), 'accepted')
    assert.equal(await judge({ ...CLAIMS, exp: 253402300800 }), 'invalid_claim')
  })

  test('neither Infinity nor NaN is one', () => {
    for (const value of [Infinity, -Infinity, Number.NaN]) assert.equal(isNumericDate(value), false)
  })
})

describe('C-05 the longest life', () => {
  const rows: readonly [name: string, claims: object, verdict: Verdict][] = [
    ['exactly as long', { iat: NOW - 240, exp: NOW + 60 }, 'accepted'],
    ['a second longer', { iat: NOW - 241, exp: NOW + 60 }, 'lifetime_too_long'],
    ['ten years', { exp: NOW + 315_360_000 }, 'lifetime_too_long'],
    ['unknown, without iat', { iat: undefined }, 'missing_claim'],
    ['over, and too long', { iat: NOW - 1000, exp: NOW }, 'expired'],
  ]
  for (const [name, claims, verdict] of rows) {
    test(`${name}: ${verdict}`, async () => {
      const options = { maxLifetimeSeconds: 300 }
      assert.equal(await judge({ ...CLAIMS, ...claims }, options), verdict)
    })
  }

  test('is any when nobody asks', async () => {
    assert.equal(await judge({ ...CLAIMS, iat: 1, exp: NOW + 1e9 }), 'accepted')
    assert.equal(await judge({ ...CLAIMS, iat: undefined }), 'accepted')
  })

  test('exp is demanded whatever the options', async () => {
    assert.equal(await judge({ ...CLAIMS, exp: undefined }), 'missing_claim')
  })
})

describe('C-07 iss is exactly the issuer', () => {
  const wrong = ['other', 'me/', 'ME', 'Me', 'me ', ' me', 'm', 'mee', 'mé', '', 5, null]
  for (const iss of [...wrong, ['me'], ['me', 'evil'], { me: 1 }, true]) {
    test(`${JSON.stringify(iss)} is another`, async () => {
      assert.equal(await judge({ ...CLAIMS, iss }), 'wrong_issuer')
    })
  }

  test('missing', async () => {
    assert.equal(await judge({ ...CLAIMS, iss: undefined }), 'missing_claim')
  })

  test('with NUL at its end', async () => {
    assert.equal(await judge({ ...CLAIMS, iss: 'me\0' }), 'malformed')
  })

  const alike = [
    ['é', 'e\u0301'],
    ['K', '\u212a'],
    ['ff', 'ﬀ'],
    ['me', 'm\u200be'],
    ['me', '\u202eme'],
  ] as const
  for (const [issuer, iss] of alike) {
    test(`B-14 ${JSON.stringify(iss)} only looks like ${issuer}`, async () => {
      assert.equal(await judge({ ...CLAIMS, iss }, { issuer }), 'wrong_issuer')
      assert.equal(await judge({ ...CLAIMS, aud: iss }, { audience: issuer }), 'wrong_audience')
    })
  }
})

describe('C-08 aud names the audience', () => {
  const rows: readonly [name: string, aud: unknown, verdict: Verdict][] = [
    ['it', 'app', 'accepted'],
    ['it alone', ['app'], 'accepted'],
    ['it among others', ['x', 'app'], 'accepted'],
    ['it after 1000 others', [...Array(1000).fill('x'), 'app'], 'accepted'],
    ['another', 'other', 'wrong_audience'],
    ['others', ['x', 'y'], 'wrong_audience'],
    ['a longer name', 'app2', 'wrong_audience'],
    ['a shorter name', 'ap', 'wrong_audience'],
    ['another case', 'App', 'wrong_audience'],
    ['nobody', [], 'wrong_audience'],
    ['nobody, as text', '', 'wrong_audience'],
    ['an object', { app: 1 }, 'invalid_claim'],
    ['it and a number', ['app', 5], 'invalid_claim'],
    ['an array in an array', [['app']], 'invalid_claim'],
    ['null', null, 'invalid_claim'],
    ['missing', undefined, 'missing_claim'],
  ]
  for (const [name, aud, verdict] of rows) {
    test(`${name}: ${verdict}`, async () => {
      assert.equal(await judge({ ...CLAIMS, aud }), verdict)
    })
  }

  test('a token for somebody is refused by who has no name', async () => {
    for (const aud of ['app', ['app'], []]) {
      assert.equal(await judge({ ...CLAIMS, aud }, { audience: undefined }), 'wrong_audience')
    }
    assert.equal(await judge({ ...CLAIMS, aud: undefined }, { audience: undefined }), 'accepted')
  })
})

describe('Other claims', () => {
  for (const claim of ['sub', 'jti']) {
    test(`${claim} is a string if it is there`, async () => {
      for (const value of [5, null, ['a'], {}, true]) {
        assert.equal(await judge({ ...CLAIMS, [claim]: value }), 'invalid_claim')
      }
      assert.equal(await judge({ ...CLAIMS, [claim]: undefined }), 'accepted')
    })
  }

  test('those that are asked for must be there', async () => {
    const requiredClaims = ['xid', 'constructor']
    assert.equal(await judge({ ...CLAIMS, xid: 'a' }, { requiredClaims }), 'missing_claim')
    const claims = { ...CLAIMS, xid: null, constructor: 1 }
    assert.equal(await judge(claims, { requiredClaims }), 'accepted')
  })
})

describe('The public text is PyJWT’s', () => {
  const rows: readonly [claims: object, text: string][] = [
    [{ exp: NOW }, 'Signature has expired'],
    [{ nbf: NOW + 1 }, 'The token is not yet valid (nbf)'],
    [{ iat: NOW + 1 }, 'The token is not yet valid (iat)'],
    [{ iss: 'x' }, 'Invalid issuer'],
    [{ aud: 'x' }, "Audience doesn't match"],
    [{ exp: undefined }, 'Token is missing the "exp" claim'],
    [{ aud: 5 }, 'Invalid claim format in token'],
  ]
  for (const [claims, message] of rows) {
    test(message, async () => {
      const token = forge({ payload: { ...CLAIMS, ...claims } })
      await assert.rejects(verifyToken(token, KEY, OPTIONS), { message })
    })
  }

  test('Signature verification failed', async () => {
    await assert.rejects(verifyToken(forge({ secret: 'x' }), KEY, OPTIONS), {
      message: 'Signature verification failed',
    })
  })
})

describe('Where claims are optional', () => {
  const lenient = (claims: object | string) =>
    verifyToken(forge({ payload: claims }), KEY, { ...OPTIONS, claimsOptional: true }).then(
      () => 'accepted',
      (error) => error.reason,
    )
  const rows: readonly [name: string, claims: object | string, verdict: Verdict][] = [
    ['iss alone', { iss: 'me' }, 'accepted'],
    ['no claim', {}, 'missing_claim'],
    ['another iss', { iss: 'you' }, 'wrong_issuer'],
    ['exp now', { iss: 'me', exp: NOW }, 'expired'],
    ['exp as text', { iss: 'me', exp: String(NOW + 60) }, 'invalid_claim'],
    ['exp null', { iss: 'me', exp: null }, 'invalid_claim'],
    ['exp zero', { iss: 'me', exp: 0 }, 'expired'],
    ['nbf in a second', { iss: 'me', nbf: NOW + 1 }, 'not_yet_valid'],
    ['iat in a second', { iss: 'me', iat: NOW + 1 }, 'not_yet_valid'],
    ['aud of another', { iss: 'me', aud: 'you' }, 'wrong_audience'],
    ['aud of nobody', { iss: 'me', aud: [] }, 'wrong_audience'],
    ['our aud', { iss: 'me', aud: 'app' }, 'accepted'],
    ['a jti that is a number', { iss: 'me', jti: 7 }, 'invalid_claim'],
    ['everything', CLAIMS, 'accepted'],
  ]
  for (const [name, claims, verdict] of rows) {
    test(`${name}: ${verdict}`, async () => {
      assert.equal(await lenient(claims), verdict)
    })
  }

  test('what is required by name still is', async () => {
    const options = { ...OPTIONS, claimsOptional: true, requiredClaims: ['jti'] } as const
    await assert.rejects(verifyToken(forge({ payload: { iss: 'me' } }), KEY, options), {
      reason: 'missing_claim',
    })
  })

  test('an option that is no boolean is a mistake and no verdict', async () => {
    for (const claimsOptional of ['true', 1, null]) {
      const options = { ...OPTIONS, claimsOptional } as never
      await assert.rejects(verifyToken(forge(), KEY, options), TypeError)
    }
  })
})
