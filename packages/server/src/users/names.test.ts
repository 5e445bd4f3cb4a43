import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { emailAddress, type Name, userName } from './names.ts'

const canonicalOf = (name: Name) => ('canonical' in name ? name.canonical : undefined)
const problemOf = (name: Name) => ('problem' in name ? name.problem : undefined)

describe('D-02 B-14 one account has one user name, however it is spelt', () => {
  const SPELLINGS: Readonly<Record<string, readonly string[]>> = {
    michael: [
      'michael',
      'Michael',
      'MICHAEL',
      ' michael',
      'michael ',
      'michael.',
      'michael. . ',
      'michael…',
      'michael\u00a0',
      'michael\u3000',
      'ｍｉｃｈａｅｌ',
      '𝐦𝐢𝐜𝐡𝐚𝐞𝐥',
      'ⓜichael',
      'm\u0131chael',
    ],
    kate: ['kate', '\u212aate', 'Kate'],
    office: ['office', 'o\ufb00ice', 'o\ufb03ce', 'OFFICE'],
    strasse: ['strasse', 'straße', 'STRASSE', 'STRAẞE', 'stra\u017f\u017fe'],
    'caf\u00e9': ['caf\u00e9', 'cafe\u0301', 'CAFE\u0301', 'CAF\u00c9'],
    οδυσσευσ: ['Οδυσσεύς', 'ΟΔΥΣΣΕΎΣ', 'οδυσσεύσ'].map((text) =>
      text.normalize('NFD').replaceAll('\u0301', ''),
    ),
    'anna maria': ['anna maria', 'Anna  Maria', 'anna\u2003maria', 'anna\u00a0maria.'],
    '.hidden': ['.hidden', '․hidden', '.Hidden.'],
    __proto__: ['__proto__', '__PROTO__'],
    김철수: ['김철수', '김철수'.normalize('NFD')],
  }
  for (const [canonical, spellings] of Object.entries(SPELLINGS)) {
    for (const spelling of spellings) {
      test(`${JSON.stringify(spelling)} is ${canonical}`, () => {
        assert.deepEqual(userName(spelling), { canonical, shown: spelling })
      })
    }
  }

  test('and other names are other accounts', () => {
    const others = ['michael', 'michael1', 'mi.chael', 'mi chael', 'mi-chael', 'michaël', 'mіchael']
    assert.equal(new Set(others.map((text) => canonicalOf(userName(text)))).size, others.length)
  })
})

describe('B-14 a user name is refused that', () => {
  const REFUSED: Readonly<Record<string, readonly string[]>> = {
    'is empty': ['', ' ', '.', ' . . ', '\u00a0', '…'],
    'holds NUL or another control': ['a\0b', '\0', 'a\nb', 'a\tb', 'a\r', 'a\x7fb', 'a\x85b'],
    'holds a lone surrogate': ['\ud800', 'a\udc00b', 'a\ud83d'],
    'turns the text around': ['a\u202eb', 'a\u202d', '\u2066a\u2069', 'a\u200fb', 'a\u061cb'],
    'holds something without width': [
      'a\u200bb',
      'a\u200db',
      'a\u200cb',
      'a\u2060b',
      '\ufeffa',
      'a\u00adb',
      'a\u034fb',
      'a\ufe0f',
      'a\u{e0041}b',
    ],
    'holds a filler': ['\u3164', 'a\u115fb', '\uffa0'],
    'breaks the line': ['a\u2028b', 'a\u2029b'],
    'holds what is nobody’s or nothing': ['a\ue000b', 'a\uffffb', 'a\u{10ffff}b', 'a\u0378b'],
    'is too long': ['a'.repeat(65), 'a'.repeat(1_000_000), '\ufdfa'.repeat(10)],
    'could be an e-mail address': ['a@b.example', '@', 'a\uff20b.example', 'a\ufe6bb'],
  }
  for (const [what, names] of Object.entries(REFUSED)) {
    for (const name of names) {
      const shown = name.length > 30 ? `${name.length} characters` : JSON.stringify(name)
      test(`${what}: ${shown}`, () => assert.match(problemOf(userName(name)) ?? '', /^must /))
    }
  }

  test('and 64 characters are not too many, of any length', () => {
    assert.equal(canonicalOf(userName('a'.repeat(64))), 'a'.repeat(64))
    assert.equal(canonicalOf(userName('😀'.repeat(64))), '😀'.repeat(64))
  })
})

describe('an e-mail address', () => {
  const SPELLINGS: Readonly<Record<string, readonly string[]>> = {
    'michael@realpython.com': [
      'michael@realpython.com',
      'Michael@RealPython.com',
      ' michael@realpython.com ',
      'michael@realpython.com.',
      'michael\uff20realpython.com',
      'michael@realpython\uff0ecom',
      'ｍichael@realpython.com',
    ],
    'test@test.com': ['test@test.com', 'TEST@TEST.COM'],
    'k@xn--bcher-kva.example': [
      'k@bücher.example',
      '\u212a@BU\u0308CHER.example',
      'k@xn--bcher-kva.example',
    ],
    "o'neil+tag@mail.example.co": ["O'Neil+Tag@mail.example.co"],
  }
  for (const [canonical, spellings] of Object.entries(SPELLINGS)) {
    for (const shown of spellings) {
      test(`${JSON.stringify(shown)} is ${canonical}`, () =>
        assert.deepEqual(emailAddress(shown), { canonical, shown }))
    }
  }

  const refused = [
    '',
    'michael',
    'michael@',
    '@example.com',
    'michael@localhost',
    'a@b@example.com',
    'a b@example.com',
    'a@exam ple.com',
    'a@.example.com',
    'a@example..com',
    'a@1.2.3.4',
    'a@[1.2.3.4]',
    'a@example.c',
    'a@example\u3002com',
    'a@example.%63om',
    'a@example.com/x',
    'a@example.com\0',
    'a\0@example.com',
    'a@example.com\r\nBcc: b@example.com',
    'a\u200b@example.com',
    'a@exam\u00adple.com',
    '\u202ea@example.com',
    '\ud800@example.com',
    `${'a'.repeat(250)}@example.com`,
    `a@${'example.'.repeat(1_000_000)}com`,
  ]
  for (const text of refused) {
    const shown = text.length > 40 ? `${text.length} characters` : JSON.stringify(text)
    test(`is none: ${shown}`, () => assert.match(problemOf(emailAddress(text)) ?? '', /^must /))
  }
})

describe('whatever is given', () => {
  const anything = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.string({ unit: 'grapheme', maxLength: 20 }),
    fc.string({
      unit: fc.constantFrom(...'aſKİıßΣςﬁ…·. ´¨\u0301\u0307\u0345\u3000@'),
      maxLength: 9,
    }),
  )

  test('a canonical name is its own canonical form', () => {
    const stable = fc.property(anything, (text) => {
      const canonical = canonicalOf(userName(text))
      if (canonical !== undefined) assert.equal(canonicalOf(userName(canonical)), canonical)
    })
    fc.assert(stable, { numRuns: 5000 })
  })

  test('a canonical e-mail address is its own canonical form, and one a machine can mail to', () => {
    const label = fc.string({ unit: fc.constantFrom(...'aßüﬁ\u0308ａ0-_.İσς字'), maxLength: 9 })
    const stable = fc.property(anything, label, (local, domain) => {
      const canonical = canonicalOf(emailAddress(`${local}@${domain}.example`))
      if (canonical === undefined) return
      assert.equal(canonicalOf(emailAddress(canonical)), canonical)
      assert.match(canonical, /^[^@\s]+@[a-z0-9_.-]+\.example$/u)
    })
    fc.assert(stable, { numRuns: 5000 })
  })

  test('upper case, lower case and normal forms are the same name', () => {
    const same = fc.property(anything, (text) => {
      const canonical = canonicalOf(userName(text))
      if (canonical === undefined) return
      const spellings = [text.normalize('NFD'), text.normalize('NFKD'), `${text} .`, ` ${text}`]
      for (const spelling of [...spellings, canonical.toUpperCase(), canonical.toLowerCase()]) {
        assert.equal(canonicalOf(userName(spelling)), canonical)
      }
    })
    fc.assert(same, { numRuns: 5000 })
  })

  test('every character by itself folds to something stable, or is refused', () => {
    for (let point = 0; point <= 0x10ffff; point += 1) {
      const canonical = canonicalOf(userName(String.fromCodePoint(point)))
      if (canonical !== undefined) assert.equal(canonicalOf(userName(canonical)), canonical)
    }
  })
})
