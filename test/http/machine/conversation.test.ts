/**
 * The conversation of the document that the flow comes from, over HTTP, on a clock that the test moves:
 * the same bodies as its Python client sends, and the same answers but for the fifth 200.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeUnverified } from '@jotter/token'
import { claimsOf, logIn, register, requestToken, send } from '../../support/machines.ts'
import { NOW, startTestService } from '../../support/service.ts'

const EARLY = 'The token is not yet valid (nbf)'
const LATE = 'Signature has expired'

test('items 57-62: a token is refused until 10 s and from 30 s on, and good in between', async (t) => {
  const service = await startTestService(t)
  await register(service, 'client')
  const login = await send(service, '/login', await requestToken())
  assert.equal(login.status, 200)
  assert.equal(login.headers.get('content-type'), 'application/jwt')
  assert.equal(login.headers.get('cache-control'), 'no-store')
  const token = await login.text()

  const seen: Record<number, string> = {}
  for (const at of [0, 5, 9, 9.999, 10, 15, 20, 25, 29, 29.999, 30, 35]) {
    service.clock.at = NOW + at * 1000
    const answer = await send(service, '/', token)
    const text = await answer.text()
    assert.match(answer.headers.get('content-type') ?? '', /^text\/plain\b/)
    if (answer.status === 200) assert.match(text, /^\S.+[^\n]$/)
    seen[at] = answer.status === 200 ? '200' : `${answer.status} ${text}`
  }
  assert.deepEqual(seen, {
    0: `403 ${EARLY}`,
    5: `403 ${EARLY}`,
    9: `403 ${EARLY}`,
    9.999: `403 ${EARLY}`,
    10: '200',
    15: '200',
    20: '200',
    25: '200',
    29: '200',
    29.999: '200',
    30: `403 ${LATE}`,
    35: `403 ${LATE}`,
  })
})

test('items 60, 70: the use token says when, who, for whom and from whom', async (t) => {
  const service = await startTestService(t)
  await register(service, 'client')
  const token = await logIn(service)
  const { header } = decodeUnverified(token)
  assert.deepEqual([header.typ, header.alg], ['use+jwt', 'RS256'])
  const { jti, ...claims } = claimsOf(token)
  const at = NOW / 1000
  assert.deepEqual(claims, {
    nbf: at + 10,
    exp: at + 30,
    iss: service.address,
    sub: 'client',
    aud: service.address,
    iat: at,
  })
  assert.match(jti ?? '', /^[\da-f]{8}-[\da-f]{4}-7/)
  assert.notEqual(claimsOf(await logIn(service)).jti, jti)
})
