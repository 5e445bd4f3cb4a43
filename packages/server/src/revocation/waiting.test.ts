import assert from 'node:assert/strict'
import { test } from 'node:test'
import { waitingRoom } from './waiting.ts'

const never = new AbortController().signal

test('everybody who waits hears of news, once', async () => {
  const room = waitingRoom(10)
  const waiting = [room.wait(never), room.wait(never)]
  room.wake()
  assert.deepEqual(await Promise.all(waiting), [true, true])
  assert.equal(room.size, 0)
})

test('who does not want to wait any more leaves its place', async () => {
  const room = waitingRoom(10)
  const patience = new AbortController()
  const waiting = room.wait(patience.signal)
  assert.equal(room.size, 1)
  patience.abort()
  assert.equal(await waiting, false)
  assert.equal(room.size, 0)
  assert.equal(await room.wait(patience.signal), false)
})

test('when all places are taken, the one that has waited longest leaves', async () => {
  const room = waitingRoom(2)
  const [first, second] = [room.wait(never), room.wait(never)]
  const third = room.wait(never)
  assert.equal(await first, false)
  assert.equal(room.size, 2)
  room.wake()
  assert.deepEqual(await Promise.all([second, third]), [true, true])
})

test('nobody waits in a room that is closed', async () => {
  const room = waitingRoom(10)
  const waiting = room.wait(never)
  room.close()
  assert.deepEqual([await waiting, await room.wait(never)], [false, false])
})
