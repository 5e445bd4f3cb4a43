/**
 * What is remembered of a key server, and how often it is asked. Time is the test's, except the
 * patience with one question.
 */
import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Key } from '@jotter/token'
import { keyPair } from '../../../../test/support/key-pairs.ts'
import { says, startKeyServer } from '../../../../test/support/key-server.ts'
import { KeyServerUnavailable } from './key-source.ts'

const TIMES = process.env.JOTTER_TEST_LONG === undefined ? 1 : 10

const first = keyPair()
const second = keyPair()
const weak = keyPair('rsa', { modulusLength: 1024 })

const isFirst = (keys: readonly Key[] | undefined) =>
  keys?.length === 1 && keys[0]?.keyObject.equals(first.publicKey) === true

describe('unknown', () => {
  for (const status of [400, 401, 403, 404, 410]) {
    test(`is what ${status} means, for 5 s`, async (t) => {
      const { source, asked, clock, behaviour } = await startKeyServer(t, says(status, first.pem))
      assert.equal(await source.keysOf('client'), undefined)
      behaviour.listener = says(200, first.pem)
      clock.at += 4_999
      assert.equal(await source.keysOf('client'), undefined)
      assert.equal(asked.length, 1)
      clock.at += 1
      assert.ok(isFirst(await source.keysOf('client')))
    })
  }

  test('takes a key away at once, though it was good a minute ago', async (t) => {
    const { source, clock, behaviour } = await startKeyServer(t, says(200, first.pem))
    await source.keysOf('client')
    behaviour.listener = says(404)
    clock.at += 60_000
    assert.equal(await source.keysOf('client'), undefined)
    behaviour.listener = says(500)
    clock.at += 5_000
    await assert.rejects(source.keysOf('client'), KeyServerUnavailable)
  })
})

describe('what was answered', () => {
  test('stands for a minute', async (t) => {
    const { source, asked, clock, behaviour, log } = await startKeyServer(t, says(200, first.pem))
    await source.keysOf('client')
    behaviour.listener = says(200, second.pem)
    clock.at += 59_999
    assert.ok(isFirst(await source.keysOf('client')))
    assert.equal(asked.length, 1)
    clock.at += 1
    assert.ok(!isFirst(await source.keysOf('client')))
    assert.equal(asked.length, 2)
    assert.match(
      log.join(),
      /"identity":"client","before":"[\w-]{43}","now":"[\w-]{43}".*another key/,
    )
  })

  test('S-06: another key each time is taken each time, and said each time', async (t) => {
    const { source, clock, behaviour, log } = await startKeyServer(t, says(200, first.pem))
    for (let i = 0; i < 6; i += 1) {
      behaviour.listener = says(200, i % 2 === 0 ? first.pem : second.pem)
      assert.equal(isFirst(await source.keysOf('client')), i % 2 === 0)
      clock.at += 60_000
    }
    assert.equal(log.length, 5)
  })

  test('is good for five minutes beside a server that cannot answer', async (t) => {
    const { source, clock, behaviour } = await startKeyServer(t, says(200, first.pem))
    await source.keysOf('client')
    behaviour.listener = says(500)
    for (const at of [60_000, 60_500, 200_000, 299_999]) {
      clock.at = 1_000_000 + at
      assert.ok(isFirst(await source.keysOf('client')), String(at))
      await assert.rejects(source.keysOf('other'), KeyServerUnavailable)
    }
    clock.at = 1_000_000 + 300_000
    await assert.rejects(source.keysOf('client'), KeyServerUnavailable)
    behaviour.listener = says(200, first.pem)
    clock.at += 1_000
    assert.ok(isFirst(await source.keysOf('client')))
  })

  test('is good beside an answer that is none', async (t) => {
    const { source, clock, behaviour } = await startKeyServer(t, says(200, first.pem))
    await source.keysOf('client')
    for (const body of [first.privatePem, weak.pem, '<p>', '']) {
      behaviour.listener = says(200, body)
      clock.at += 61_000
      assert.ok(isFirst(await source.keysOf('client')))
    }
  })
})

describe('S-08: many at once', () => {
  const slow =
    (ms: number): RequestListener =>
    async (_, answer) => {
      await sleep(ms)
      answer.end(first.pem)
    }

  test(`${1_000 * TIMES} logins for one name are one question`, async (t) => {
    const { source, asked } = await startKeyServer(t, slow(100), 2_000)
    const all = await Promise.all(
      Array.from({ length: 1_000 * TIMES }, () => source.keysOf('client')),
    )
    assert.ok(all.every(isFirst))
    assert.equal(asked.length, 1)
  })

  test('and one refusal when it does not answer in time', async (t) => {
    const { source, asked } = await startKeyServer(t, () => {}, 100)
    const all = await Promise.allSettled(
      Array.from({ length: 1_000 * TIMES }, () => source.keysOf('client')),
    )
    assert.ok(all.every(({ status }) => status === 'rejected'))
    assert.equal(asked.length, 1)
    await assert.rejects(source.keysOf('client'), KeyServerUnavailable)
    assert.equal(asked.length, 1)
  })

  test('names that nobody has keep no other name waiting for long', async (t) => {
    let open = 0
    let most = 0
    const { source } = await startKeyServer(
      t,
      async (_, answer) => {
        open += 1
        most = Math.max(most, open)
        await sleep(5)
        open -= 1
        answer.writeHead(404).end()
      },
      5_000,
    )
    const names = Array.from({ length: 500 * TIMES }, (_, i) => source.keysOf(`nobody${i}`))
    assert.deepEqual(new Set(await Promise.all(names)), new Set([undefined]))
    assert.ok(most <= 32, `${most} at once`)
  })

  test('more than 1,000 names at once are refused, not gathered', async (t) => {
    const { source, asked } = await startKeyServer(t, () => {}, 1_000)
    const names = Array.from({ length: 1_500 }, (_, i) => source.keysOf(`name${i}`))
    await assert.rejects(names[1_400] as Promise<unknown>, /asked for too much/)
    await Promise.allSettled(names)
    // 32 connections; while their questions time out, one or the other that waited may get one.
    assert.ok(asked.length <= 64, `${asked.length}`)
  })
})

describe('a server that is silent', () => {
  test('is not asked for 3 s after three silences, then by one', async (t) => {
    const { source, asked, clock, behaviour, log } = await startKeyServer(t, () => {}, 60)
    for (const name of ['a', 'b', 'c']) await assert.rejects(source.keysOf(name))
    assert.equal(asked.length, 3)
    for (const name of ['d', 'e', 'f']) {
      await assert.rejects(source.keysOf(name), /has not answered lately/)
    }
    assert.equal(asked.length, 3)

    clock.at += 3_000
    const tried = await Promise.allSettled(['g', 'h', 'i'].map((name) => source.keysOf(name)))
    assert.ok(tried.every(({ status }) => status === 'rejected'))
    assert.equal(asked.length, 4)

    behaviour.listener = says(200, first.pem)
    clock.at += 3_000
    assert.ok(isFirst(await source.keysOf('g')))
    assert.ok(isFirst(await source.keysOf('h')))
    assert.match(log.at(-1) ?? '', /answers again/)
  })

  test('costs a known name nothing', async (t) => {
    const { source, asked, clock, behaviour } = await startKeyServer(t, says(200, first.pem), 60)
    await source.keysOf('client')
    behaviour.listener = () => {}
    clock.at += 60_000
    for (const name of ['a', 'b', 'c']) await assert.rejects(source.keysOf(name))
    const { length } = asked
    assert.ok(isFirst(await source.keysOf('client')))
    assert.equal(asked.length, length)
  })

  test('is not one that answers badly: a bad name must not shut out the good ones', async (t) => {
    const { source } = await startKeyServer(t, ({ url = '' }, answer) => {
      if (url.endsWith('good')) answer.end(first.pem)
      else answer.writeHead(500).end()
    })
    for (let i = 0; i < 20; i += 1) await assert.rejects(source.keysOf(`bad${i}`))
    assert.ok(isFirst(await source.keysOf('good')))
  })
})
