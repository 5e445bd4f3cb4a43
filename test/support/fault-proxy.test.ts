/** The proxy that fault tests rely on does what it is told, and heals. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startFaultProxy } from './fault-proxy.ts'

/** An echo that remembers what it heard, a proxy before it, and a way to it. */
async function start(t: TestContext) {
  let heard = ''
  const echo = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      heard += chunk
      socket.write(chunk)
    })
  })
  await once(echo.listen(0, '127.0.0.1'), 'listening')
  t.after(() => echo.close())
  const proxy = await startFaultProxy(t, (echo.address() as AddressInfo).port)
  return {
    proxy,
    heard: () => heard,
    async open() {
      const socket = connect(proxy.port, '127.0.0.1')
      let answer = ''
      let end: string | undefined
      socket.on('data', (chunk) => {
        answer += chunk
      })
      socket.on('error', (error: NodeJS.ErrnoException) => {
        end = error.code
      })
      t.after(() => socket.destroy())
      const ended = once(socket, 'close').then(
        () => end,
        () => end,
      )
      return {
        ended,
        send: (text: string) => socket.write(text),
        async until(text: string) {
          while (answer !== text) await once(socket, 'data')
        },
        answer: () => answer,
      }
    },
  }
}

test('it passes on, late when it is told to', async (t) => {
  const { proxy, open } = await start(t)
  const client = await open()
  client.send('one')
  await client.until('one')
  proxy.delay(50)
  const sent = performance.now()
  client.send(' two')
  await client.until('one two')
  assert.ok(performance.now() - sent >= 95, 'both ways take their time')
})

test('it swallows what is sent, also by those who come now, and gives it back', async (t) => {
  const { proxy, heard, open } = await start(t)
  const before = await open()
  before.send('a')
  await before.until('a')
  proxy.swallow(true)
  const during = await open()
  for (const client of [before, during]) client.send('b')
  await sleep(50)
  assert.deepEqual([heard(), before.answer(), during.answer()], ['a', 'a', ''])
  proxy.swallow(false)
  await Promise.all([before.until('ab'), during.until('b')])
})

test('it cuts after so many bytes, in either direction, and only what lives', async (t) => {
  const { proxy, heard, open } = await start(t)
  for (const [direction, bytes, answer] of [
    ['toClient', 3, 'a123'],
    ['toClient', 0, 'a'],
    ['toServer', 3, undefined],
  ] as const) {
    const client = await open()
    client.send('a')
    await client.until('a')
    proxy.cut(direction, bytes)
    client.send('123456')
    assert.equal(await client.ended, 'ECONNRESET')
    if (answer !== undefined) assert.equal(client.answer(), answer)
  }
  await sleep(20)
  assert.equal(heard(), 'a123456a123456a123')
  const after = await open()
  after.send('whole')
  await after.until('whole')
})

test('it refuses, and resets what lives', async (t) => {
  const { proxy, open } = await start(t)
  const before = await open()
  before.send('a')
  await before.until('a')
  await proxy.refuse(true)
  assert.equal(await before.ended, 'ECONNRESET')
  assert.equal(await (await open()).ended, 'ECONNREFUSED')
  await proxy.refuse(false)
  const after = await open()
  after.send('b')
  await after.until('b')
})
