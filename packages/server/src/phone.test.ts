import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { maskPhone, phoneDigits, writtenPhoneDigits } from './phone.ts'

describe('E-01 a phone number in a path', () => {
  const good = { '15555551212': '15555551212', '+15555551212': '15555551212' }
  const shortAndLong = { '1234567': '1234567', '123456789012345': '123456789012345' }
  for (const [text, digits] of Object.entries({ ...good, ...shortAndLong })) {
    test(`${text} is read`, () => assert.equal(phoneDigits(text), digits))
  }

  const bad = [
    '',
    '+',
    '123456',
    '1234567890123456',
    '05555551212',
    '+05555551212',
    '++15555551212',
  ]
  bad.push('1555555121a', '1 555 555 1212', '(555) 555-1212', '1.555.555.1212', '1-555-555-1212')
  bad.push('15555551212 ', ' 15555551212', '15555551212\n', '1555555121２', '١٥٥٥٥٥٥١٢١٢', '1e10')
  bad.push('15555551212\0', '-15555551212', '00015555551212', 'tel:+15555551212', '0x1234567')
  for (const text of bad) {
    test(`${JSON.stringify(text)} is none`, () => assert.equal(phoneDigits(text), undefined))
  }
})

describe('a phone number as people write it', () => {
  const good = ['15555551212', '+1 (555) 555-1212', '1.555.555.1212', '+1-555-555-1212']
  for (const text of good) {
    test(`${text} is read`, () => assert.equal(writtenPhoneDigits(text), '15555551212'))
  }
  const bad = [
    '',
    '()',
    ' - ',
    '+1/555/5551212',
    '1_555_555_1212',
    '1\t5555551212',
    '1\u00a05555551212',
  ]
  bad.push('+1 555 555 1212 ext. 7', '0 555 555 1212', '1 555', '1+5555551212')
  for (const text of bad) {
    test(`${JSON.stringify(text)} is none`, () => assert.equal(writtenPhoneDigits(text), undefined))
  }
})

test('a masked phone number shows its length and its last two digits', () => {
  assert.equal(maskPhone('15555551212'), '*********12')
  assert.equal(maskPhone('1234567'), '*****67')
})
