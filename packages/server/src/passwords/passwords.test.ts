import assert from 'node:assert/strict'
import { argon2Sync } from 'node:crypto'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { ServiceError } from '../errors.ts'
import { passwords } from './passwords.ts'
import type { QueueLimits } from './queue.ts'

const ARGON2ID = { PASSWORD_HASH: 'argon2id', BCRYPT_LOG_ROUNDS: 4 } as const
const BCRYPT = { PASSWORD_HASH: 'bcrypt', BCRYPT_LOG_ROUNDS: 4 } as const

const start = (hash: typeof ARGON2ID | typeof BCRYPT = ARGON2ID, queue?: QueueLimits) =>
  passwords({
    settings: { ...hash, PASSWORD_MIN_LENGTH: 4 },
    monotonic: () => performance.now(),
    ...(queue && { queue }),
  })

/** What is wrong with a new password, or undefined. */
async function problemOf(password: string, hash: typeof ARGON2ID | typeof BCRYPT = ARGON2ID) {
  try {
    await start(hash).hashPassword(password)
    return undefined
  } catch (error) {
    const { code, fields } = error as ServiceError
    assert.equal(code, 'invalid_request')
    return fields?.[0]?.detail
  }
}

describe('known answers verify', () => {
  // OpenBSD's bcrypt, as in crypt_blowfish's and jBCrypt's tests; the reference argon2's test.c.
  const TAIL = '05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'
  const VECTORS: readonly (readonly [password: string, stored: string])[] = [
    ['U*U', `$2a$${TAIL}`],
    ['U*U', `$2b$${TAIL}`],
    ['U*U', `$2y$${TAIL}`],
    ['U*U*', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK'],
    ['U*U*U', '$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a'],
    ['abc', '$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i'],
    [
      '~!@#$%^&*()      ~!@#$%^&*()PNBFRD',
      '$2a$06$fPIsBO8qRqkjj273rfaOI.HtSV9jLDpTbZn782DC6/t7qT67P6FfO',
    ],
    [
      'password',
      '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    ],
    [
      'password',
      '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4',
    ],
    [
      'password',
      '$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA',
    ],
  ]
  for (const [password, stored] of VECTORS) {
    test(`${password} is ${stored}`, async () => {
      const { verifyPassword, needsRehash } = start()
      assert.equal(await verifyPassword(password, stored), true)
      assert.equal(await verifyPassword(`${password}.`, stored), false)
      assert.equal(needsRehash(stored), true)
    })
  }
})

describe('a new hash', () => {
  test('is argon2id with the parameters of OWASP, and OpenSSL finds the same', async () => {
    const { hashPassword, needsRehash } = start()
    const stored = await hashPassword('correct horse')
    assert.match(stored, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[^$]{22}\$[^$]{43}$/)
    assert.equal(needsRehash(stored), false)
    const [salt, tag] = stored.split('$').slice(4)
    const recomputed = argon2Sync('argon2id', {
      message: Buffer.from('correct horse'),
      nonce: Buffer.from(salt as string, 'base64'),
      parallelism: 1,
      tagLength: 32,
      memory: 19_456,
      passes: 2,
    })
    assert.equal(recomputed.toString('base64').replaceAll('=', ''), tag)
  })

  test('is bcrypt of the cost that is set, where that is asked for', async () => {
    const { hashPassword, needsRehash } = start(BCRYPT)
    const stored = await hashPassword('correct horse')
    assert.match(stored, /^\$2b\$04\$[./A-Za-z0-9]{53}$/)
    assert.equal(needsRehash(stored), false)
  })

  test('is another one each time', async () => {
    const { hashPassword } = start(BCRYPT)
    assert.notEqual(await hashPassword('same'), await hashPassword('same'))
  })

  test('verifies its password and no other, of any characters', async () => {
    const service = start(BCRYPT)
    const character = fc.string({ unit: 'grapheme', minLength: 4, maxLength: 12 })
    const pairs = fc.asyncProperty(character, character, async (mine, other) => {
      fc.pre(Buffer.byteLength(mine.normalize()) <= 72 && !mine.includes('\0'))
      const stored = await service.hashPassword(mine)
      assert.equal(await service.verifyPassword(mine, stored), true)
      const same = mine.normalize() === other.normalize()
      assert.equal(await service.verifyPassword(other, stored), same)
    })
    await fc.assert(pairs, { numRuns: 100 })
  })
})

test('a hash is made again when the kind or its parameters have changed', async () => {
  const byCost = (cost: number) =>
    passwords({
      settings: { PASSWORD_HASH: 'bcrypt', BCRYPT_LOG_ROUNDS: cost, PASSWORD_MIN_LENGTH: 4 },
      monotonic: () => 0,
    })
  const stored = await byCost(5).hashPassword('test')
  assert.equal(byCost(5).needsRehash(stored), false)
  assert.equal(byCost(4).needsRehash(stored), true)
  assert.equal(byCost(6).needsRehash(stored), true)
  assert.equal(start().needsRehash(stored), true)
  assert.equal(byCost(5).needsRehash(stored.replace('$2b$', '$2a$')), true)
  assert.equal(byCost(5).needsRehash(await start().hashPassword('test')), true)
})

describe('at login a hash', () => {
  const A73 = 'a'.repeat(73)

  test('of another kind is replaced by one of today', async () => {
    const { rehash, verifyPassword, needsRehash } = start()
    const stored = await start(BCRYPT).hashPassword('test')
    const made = await rehash('test', stored)
    assert.ok(made !== undefined && !needsRehash(made))
    assert.equal(await verifyPassword('test', made), true)
    assert.equal(await rehash('test', made), undefined)
  })

  test('of a password that is too short by now is replaced too', async () => {
    assert.match((await start(BCRYPT).rehash('abc', '$2b$05$...')) ?? '', /^\$2b\$04\$/)
  })

  test('D-03 stays where bcrypt would cut the password', async () => {
    const stored = await start().hashPassword(A73)
    assert.equal(await start(BCRYPT).verifyPassword(A73, stored), true)
    assert.equal(await start(BCRYPT).rehash(A73, stored), undefined)
  })

  test('stays while the queue is full', async () => {
    const { rehash } = start(ARGON2ID, { inFlight: 0, waiting: 0 })
    assert.equal(await rehash('test', '$2b$05$...'), undefined)
  })
})

describe('a password is the same', () => {
  const same: readonly (readonly [string, string, string])[] = [
    ['in NFC and in NFD', 'caf\u00e9', 'cafe\u0301'],
    ['with Hangul composed and decomposed', '\uac01abc', '\u1100\u1161\u11a8abc'],
  ]
  for (const [how, a, b] of same) {
    test(how, async () => {
      const { hashPassword, verifyPassword } = start(BCRYPT)
      assert.equal(await verifyPassword(b, await hashPassword(a)), true)
      assert.equal(await verifyPassword(a, await hashPassword(b)), true)
    })
  }

  test('but not in another case, form of compatibility or with a space', async () => {
    const { hashPassword, verifyPassword } = start(BCRYPT)
    const stored = await hashPassword('office')
    for (const other of ['Office', 'o\ufb03ce', 'office ', ' office', 'office.']) {
      assert.equal(await verifyPassword(other, stored), false, other)
    }
  })
})

describe('D-03 nothing of a password is cut', () => {
  const A72 = 'a'.repeat(72)

  test('with bcrypt more than 72 bytes are refused, in characters of any length', async () => {
    const tooLong = 'must have at most 72 bytes in UTF-8'
    assert.equal(await problemOf(A72, BCRYPT), undefined)
    assert.equal(await problemOf('é'.repeat(36), BCRYPT), undefined)
    for (const password of [`${A72}b`, 'é'.repeat(37), `${'a'.repeat(71)}\u{1f511}`]) {
      assert.equal(await problemOf(password, BCRYPT), tooLong)
    }
  })

  test('73 bytes do not verify against the hash of their first 72', async () => {
    const { hashPassword, verifyPassword } = start(BCRYPT)
    const stored = await hashPassword(A72)
    assert.equal(await verifyPassword(A72, stored), true)
    for (const more of ['a', 'b', '\u{1f511}']) {
      assert.equal(await verifyPassword(A72 + more, stored), false)
      assert.equal(await start().verifyPassword(A72 + more, stored), false)
    }
  })

  test('with argon2id every character counts', async () => {
    const { hashPassword, verifyPassword } = start()
    const stored = await hashPassword(`${A72}b`)
    assert.equal(await verifyPassword(`${A72}b`, stored), true)
    for (const other of [A72, `${A72}c`, `${A72}bb`]) {
      assert.equal(await verifyPassword(other, stored), false)
    }
  })

  test('NUL and lone surrogates are refused, and verify nothing', async () => {
    const stored = await start(BCRYPT).hashPassword('abcd')
    for (const password of ['abcd\0', 'abcd\0efg', '\0abcd', 'abcd\ud800', '\udc00abcd']) {
      assert.match((await problemOf(password)) ?? '', /no NUL and no lone surrogate/)
      assert.equal(await start().verifyPassword(password, stored), false)
    }
  })
})

describe('D-04 what is too long or too short is refused before anything is hashed', () => {
  const MB = 1024 * 1024
  const refused: Readonly<Record<string, string>> = {
    nothing: '',
    'one character': 'a',
    'three characters of two halves each': '\u{1f511}'.repeat(3),
    'three characters that were six': 'e\u0301'.repeat(3),
    '1025 characters': 'a'.repeat(1025),
    '1025 characters of two halves each': '\u{1f511}'.repeat(1025),
    '1 MB': 'a'.repeat(MB),
    '10 MB': 'a'.repeat(10 * MB),
    '100,000 combining marks': `e${'\u0301\u0316'.repeat(50_000)}`,
  }
  for (const [what, password] of Object.entries(refused)) {
    test(what, async () => {
      await problemOf('warm up', BCRYPT)
      const startedAt = performance.now()
      assert.match((await problemOf(password)) ?? '', /^must have /)
      const took = performance.now() - startedAt
      assert.ok(took < 100, `took ${took.toFixed(1)} ms`)
    })
  }

  test('such a password verifies nothing, at once', async () => {
    // No hash could run: the queue has no place.
    const { verifyPassword } = start(ARGON2ID, { inFlight: 0, waiting: 0 })
    for (const password of ['', 'a'.repeat(1025), 'a'.repeat(10 * MB)]) {
      assert.equal(await verifyPassword(password, undefined), false)
    }
    await assert.rejects(verifyPassword('good', undefined), { code: 'busy' })
  })

  test('1024 characters are taken, of any kind', async () => {
    assert.equal(await problemOf('a'.repeat(1024)), undefined)
    assert.equal(await problemOf('\u{1f511}'.repeat(1024)), undefined)
    assert.equal(await problemOf(`e${'\u0301'.repeat(1023)}`), undefined)
  })
})

describe('what is no hash verifies nothing, and nothing throws', () => {
  const TAIL = 'CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'
  const SALT_AND_TAG = 'c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'
  const broken = [
    '',
    '!',
    'U*U',
    `$2x$05$${TAIL}`,
    `$2$05$${TAIL}`,
    `$2b$5$${TAIL}`,
    `$2b$00$${TAIL}`,
    `$2b$03$${TAIL}`,
    `$2b$17$${TAIL}`,
    `$2b$31$${TAIL}`,
    `$2b$99$${TAIL}`,
    `$2b$05$${TAIL.slice(1)}`,
    `$2b$05$${TAIL}\n`,
    ` $2b$05$${TAIL}`,
    `$2b$05$${TAIL.replace('C.', 'CC')}`,
    `$argon2id$v=19$m=65536,t=2,p=1$${SALT_AND_TAG.replace('$', '')}`,
    `$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPd`,
    `$argon2id$v=19$m=0,t=2,p=1$${SALT_AND_TAG}`,
    `$argon2id$v=19$m=65536,t=0,p=1$${SALT_AND_TAG}`,
    `$argon2id$v=19$m=65536,t=2,p=0$${SALT_AND_TAG}`,
    `$argon2id$v=99$m=65536,t=2,p=1$${SALT_AND_TAG}`,
    `$argon2id$v=19$m=999999999,t=2,p=1$${SALT_AND_TAG}`,
    `$argon2id$v=19$m=65536,t=9999,p=1$${SALT_AND_TAG}`,
    // The right hash of `password`, and more memory than a stored hash may ask for.
    '$argon2id$v=19$m=262145,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$kC03zJw6P2PlripbAKjFwbO+F4pnv+o9sKOOx3nVOgM',
    `$argon2id$v=19$m=4294967295,t=2,p=1$${SALT_AND_TAG}`,
    `$argon2x$v=19$m=65536,t=2,p=1$${SALT_AND_TAG}`,
    `$pbkdf2-sha256$i=600000$${SALT_AND_TAG}`,
    '$argon2id$',
    '__proto__',
  ]
  for (const stored of broken) {
    test(JSON.stringify(stored), async () => {
      for (const password of ['U*U', 'password']) {
        assert.equal(await start(BCRYPT).verifyPassword(password, stored), false)
      }
    })
  }

  test('any text', async () => {
    const { verifyPassword } = start(BCRYPT)
    const text = fc.oneof(fc.string(), fc.stringMatching(/^\$(2b|argon2id)\$[a-z0-9=,$]{0,80}$/))
    const silent = fc.asyncProperty(text, async (stored) => {
      assert.equal(await verifyPassword('password', stored), false)
    })
    await fc.assert(silent)
  })
})

describe('D-01 an unknown user', () => {
  const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0
  for (const hash of [
    { ...ARGON2ID, name: 'argon2id' },
    { PASSWORD_HASH: 'bcrypt', BCRYPT_LOG_ROUNDS: 8, name: 'bcrypt' },
  ] as const) {
    test(`takes as long as a wrong password with ${hash.name}`, async () => {
      const { hashPassword, verifyPassword } = passwords({
        settings: { ...hash, PASSWORD_MIN_LENGTH: 4 },
        monotonic: () => performance.now(),
      })
      const known = await hashPassword('correct horse')
      const unreadable = `${known.slice(0, -1)}$`
      const took = { known: [] as number[], unknown: [] as number[], unreadable: [] as number[] }
      for (let i = 0; i < 15; i += 1) {
        for (const [kind, stored] of Object.entries({ known, unknown: undefined, unreadable })) {
          const startedAt = performance.now()
          assert.equal(await verifyPassword('wrong horse', stored), false)
          took[kind as keyof typeof took].push(performance.now() - startedAt)
        }
      }
      for (const other of [took.unknown, took.unreadable]) {
        const ratio = median(other) / median(took.known)
        assert.ok(ratio > 0.5 && ratio < 2, `${ratio}`)
      }
    })
  }

  test('has no password at all, not even that of the hash in its place', async () => {
    const { verifyPassword } = start()
    for (const password of ['password', 'correct horse', '.', 'A']) {
      assert.equal(await verifyPassword(password, undefined), false)
    }
  })
})

describe('D-05 many logins at once', () => {
  test('are hashed so many at a time; what finds no place is refused', async () => {
    const { hashPassword } = start(BCRYPT, { inFlight: 1, waiting: 9 })
    const answers = await Promise.allSettled(
      Array.from({ length: 50 }, () => hashPassword('correct horse')),
    )
    const refused = answers.filter((answer) => answer.status === 'rejected')
    assert.equal(refused.length, 40)
    for (const { reason } of refused) {
      assert.equal(reason.code, 'busy')
      assert.match(reason.headers['retry-after'], /^[1-9]\d*$/)
    }
  })

  test('leave the event loop free', async () => {
    const { hashPassword } = start()
    const turn = { longest: 0, at: performance.now() }
    const watch = setInterval(() => {
      turn.longest = Math.max(turn.longest, performance.now() - turn.at)
      turn.at = performance.now()
    }, 1)
    const startedAt = performance.now()
    await Promise.all(Array.from({ length: 20 }, () => hashPassword('correct horse')))
    const took = performance.now() - startedAt
    clearInterval(watch)
    // Hashing on the loop would make one turn of all of it.
    assert.ok(turn.longest < took / 2, `${turn.longest.toFixed()} of ${took.toFixed()} ms`)
  })
})
