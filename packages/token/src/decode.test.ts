import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CLAIMS, encode, forge } from '../test/forge.ts'
import { decodeUnverified } from './decode.ts'

test('decodeUnverified shows a token that nobody has checked', () => {
  const token = forge({ header: { alg: 'none', typ: 'x' }, payload: CLAIMS, secret: 'whoever' })
  const { header, payload, signature } = decodeUnverified(token)
  assert.deepEqual(header, { alg: 'none', typ: 'x' })
  assert.deepEqual(payload, CLAIMS)
  assert.equal(signature.length, 32)
})

test('decodeUnverified shows a token without a signature', () => {
  const unsigned = decodeUnverified(`${encode({ alg: 'none' })}.${encode(CLAIMS)}.`)
  assert.deepEqual(unsigned.signature, new Uint8Array())
})

test('decodeUnverified gives no payload where there is no JSON object', () => {
  for (const payload of ['[]', 'text', '{"a":1,"a":2}', new Uint8Array([255])]) {
    assert.equal(decodeUnverified(forge({ payload })).payload, undefined)
  }
})

test('decodeUnverified refuses what is no token', () => {
  for (const token of ['', 'a.b', 'a.b.c', forge({ header: { alg: 'HS256', crit: [] } })]) {
    assert.throws(() => decodeUnverified(token), { reason: 'malformed' })
  }
})
