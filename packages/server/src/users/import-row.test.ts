import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readImportRow } from './import-row.ts'

const NOW = Date.parse('2026-11-22T12:00:00Z')
const BCRYPT = '.'.repeat(53)
const ARGON2 = `$v=19$m=19456,t=2,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`
const ROW = {
  username: 'Michael',
  email: 'michael@example.com',
  password_hash: `$2b$12$${BCRYPT}`,
}
const read = (more: object) => readImportRow({ ...ROW, ...more }, NOW)
const userOf = (more: object) => {
  const found = read(more)
  if ('problem' in found) throw new Error(found.problem)
  return found.user
}

test('a row becomes a user, active and of now where it does not say so', () => {
  assert.deepEqual(userOf({}), {
    username: { canonical: 'michael', shown: 'Michael' },
    email: { canonical: 'michael@example.com', shown: 'michael@example.com' },
    passwordHash: ROW.password_hash,
    active: true,
    createdAt: NOW,
  })
  assert.equal(userOf({ active: false }).active, false)
})

describe('hashes that are taken', () => {
  for (const hash of [
    `$2a$10$${BCRYPT}`,
    `$2b$04$${BCRYPT}`,
    `$2y$16$${BCRYPT}`,
    `$argon2id${ARGON2}`,
    `$argon2i${ARGON2}`,
    `$argon2d${ARGON2}`,
  ]) {
    test(hash.slice(0, 12), () => assert.equal(userOf({ password_hash: hash }).passwordHash, hash))
  }
})

describe('hashes that are not, and are not repeated', () => {
  for (const [why, hash] of [
    ['nothing', ''],
    ['the password itself', 'correct horse'],
    ['bcrypt of a defective implementation', `$2x$12$${BCRYPT}`],
    ['bcrypt that is too costly', `$2b$17$${BCRYPT}`],
    ['bcrypt that was cut', `$2b$12$${BCRYPT.slice(1)}`],
    ['bcrypt with a newline', `$2b$12$${BCRYPT}\n`],
    ['Django', 'pbkdf2_sha256$600000$c2FsdA$c2VjcmV0'],
    ['bcrypt as Django writes it', `bcrypt$$2b$12$${BCRYPT}`],
    ['argon2 as Django writes it', `argon2$argon2id${ARGON2}`],
    ['Werkzeug', 'scrypt:32768:8:1$salt$736372657473'],
    ['MD5 crypt', '$1$salt$c2VjcmV0c2VjcmV0'],
    ['argon2 without memory', `$argon2id${ARGON2.replace('m=19456', 'm=0')}`],
    ['argon2 with less memory than its lanes take', `$argon2id${ARGON2.replace('m=19456', 'm=7')}`],
    ['argon2 without a pass', `$argon2id${ARGON2.replace(/t=\d+/, 't=0')}`],
    ['argon2 without a lane', `$argon2id${ARGON2.replace(/p=\d+/, 'p=0')}`],
    ['argon2 of a version that nobody knows', `$argon2id${ARGON2.replace('v=19', 'v=99')}`],
    ['argon2 that takes all memory', `$argon2id${ARGON2.replace('19456', '999999')}`],
  ] as const) {
    test(why, () => {
      const found = read({ password_hash: hash })
      assert.ok('problem' in found && found.problem.startsWith('password_hash must be '))
      if (hash.length > 8) assert.ok(!found.problem.includes(hash.slice(-8)))
    })
  }
})

describe('times', () => {
  for (const [text, iso] of [
    ['1970-01-01T00:00:00Z', '1970-01-01T00:00:00.000Z'],
    ['2020-02-29 12:30:00+02:00', '2020-02-29T10:30:00.000Z'],
    ['2026-11-22t12:00:00.000000z', '2026-11-22T12:00:00.000Z'],
  ] as const) {
    test(`${text} is one`, () => {
      assert.equal(new Date(userOf({ created_at: text }).createdAt).toISOString(), iso)
    })
  }

  for (const created_at of [
    '',
    'yesterday',
    '2020-01-01',
    '2020-01-01T00:00:00',
    '2019-02-29T00:00:00Z',
    '2020-01-01T25:00:00Z',
    '1969-12-31T23:59:59Z',
    '2026-11-22T12:00:01Z',
    '1577836800',
  ]) {
    test(`${JSON.stringify(created_at)} is none that can be`, () => {
      const found = read({ created_at })
      assert.ok('problem' in found && found.problem.startsWith('created_at must be '))
    })
  }
})

test('names are those of a registration', () => {
  for (const [more, problem] of [
    [{ username: 'a@b' }, 'username must not hold an @'],
    [{ username: 'a\0b' }, 'username must have 1 to 64 characters, all of which can be seen'],
    [{ email: 'michael' }, 'email must be an e-mail address, as name@example.com'],
  ] as const) {
    assert.deepEqual(read(more), { problem })
  }
})
