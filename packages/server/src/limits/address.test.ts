import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { addressBucket, addressMatcher } from './address.ts'

const bucketsOf = (addresses: readonly string[]) => [...new Set(addresses.map(addressBucket))]

test('H-02 an IPv4 address is one bucket however it is spelt', () => {
  const spellings = [
    '1.2.3.4',
    '::ffff:1.2.3.4',
    '::FFFF:1.2.3.4',
    '::ffff:102:304',
    '::FFFF:0102:0304',
    '0:0:0:0:0:ffff:1.2.3.4',
    '0000:0000:0000:0000:0000:FFFF:0102:0304',
    '::ffff:1.2.3.4%eth0',
  ]
  assert.deepEqual(bucketsOf(spellings), ['1.2.3.4'])
})

test('H-02 two IPv4 addresses are two buckets, also when they are mapped', () => {
  const addresses = ['1.2.3.4', '1.2.3.5', '::ffff:1.2.3.6', '::ffff:1.2.4.4']
  assert.equal(bucketsOf(addresses).length, addresses.length)
})

test('H-02 a /64 is one bucket: 1000 of its addresses are no 1000 callers', () => {
  const addresses = Array.from({ length: 1000 }, (_, i) => `2001:db8:1:2:${i.toString(16)}::${i}`)
  assert.equal(bucketsOf(addresses).length, 1)
})

test('H-02 an IPv6 address is one bucket however it is spelt', () => {
  const spellings = [
    '2001:db8::1',
    '2001:DB8::1',
    '2001:0db8:0000:0000:0000:0000:0000:0001',
    '2001:db8:0:0:0:0:0:1',
    '2001:db8:0:0::1',
    '2001:db8::1%eth0',
    '2001:db8::1%2',
    '2001:db8::0.0.0.1',
  ]
  assert.equal(bucketsOf(spellings).length, 1)
})

test('H-02 two /64 are two buckets', () => {
  const addresses = ['2001:db8:1:2::1', '2001:db8:1:3::1', '2001:db8:2:2::1', '2001:db9:1:2::1']
  assert.equal(bucketsOf(addresses).length, addresses.length)
})

test('H-02 a port that a proxy wrote behind the address does not make another bucket', () => {
  assert.deepEqual(bucketsOf(['1.2.3.4', '1.2.3.4:5000', '1.2.3.4:5001']), ['1.2.3.4'])
  assert.equal(bucketsOf(['2001:db8::1', '[2001:db8::2]', '[2001:db8::3]:443']).length, 1)
})

test('what is no address is a bucket of its own, and nothing throws', () => {
  for (const text of ['', 'unknown', '_hidden', ':', '::1::', '1.2.3.4:', '[::1', 'a:b', '1:2:3']) {
    assert.equal(addressBucket(text), text)
  }
})

test('a network holds its own addresses, however they are spelt, and no others', () => {
  const within = addressMatcher([
    '10.0.0.0/8',
    '192.0.2.1',
    '2001:db8::/32',
    '::ffff:172.16.0.0/108',
  ])
  for (const text of [
    '10.1.2.3',
    '10.1.2.3:5678',
    '::ffff:10.1.2.3',
    '[::ffff:a01:203]:443',
    '192.0.2.1',
    '2001:db8::1',
    '[2001:db8:ffff::1]:1',
    '172.31.0.1',
  ]) {
    assert.equal(within(text), true, text)
  }
  for (const text of [
    '11.1.2.3',
    '192.0.2.2',
    '2001:db9::1',
    '172.32.0.1',
    '10.1',
    '167837955',
    '0xa.1.2.3',
    'unknown',
    '',
    '10.1.2.3:',
  ]) {
    assert.equal(within(text), false, text)
  }
  assert.equal(addressMatcher([])('10.1.2.3'), false)
})

test('H-02 any spelling of any address falls into the bucket of its /64 or its IPv4 address', () => {
  const sameBucket = fc.property(fc.ipV6(), (address) => {
    const parsed = ipaddr.IPv6.parse(address)
    const spelt = [parsed.toNormalizedString(), parsed.toRFC5952String(), parsed.toString()]
    const loud = spelt.map((text) => text.toUpperCase())
    assert.equal(bucketsOf([address, ...spelt, ...loud, `${address}%eth0`]).length, 1)
  })
  fc.assert(sameBucket)
})
