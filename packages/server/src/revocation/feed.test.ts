import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { BEGINNING, revocationFeed } from './feed.ts'

const item = (position: number, expiresAt = 1_000) => ({
  kind: 'jti' as const,
  value: `${position}`,
  notBefore: undefined,
  revokedAt: 0,
  expiresAt,
  position,
})
const feedOf = (positions: number[], horizon: number) => {
  const feed = revocationFeed()
  feed.take({ items: positions.map((position) => item(position)), horizon })
  return feed
}
const positionsOf = ({ items }: { items: readonly object[] }) =>
  items.map((told) => (told as { position: number }).position)

describe('a reader', () => {
  test('is told everything in pages, once', () => {
    const feed = feedOf([1, 2, 5, 7, 9], 10)
    const first = feed.page(BEGINNING, 2)
    assert.deepEqual(positionsOf(first), [1, 2])
    const second = feed.page(first.next, 2)
    assert.deepEqual(positionsOf(second), [5, 7])
    const third = feed.page(second.next, 2)
    assert.deepEqual(positionsOf(third), [9])
    const last = feed.page(third.next, 2)
    assert.deepEqual([last.news, last.items, last.next], [false, [], third.next])
  })

  test('gets what shares a position in one page', () => {
    const feed = feedOf([1, 2, 2, 2, 3], 4)
    const page = feed.page(BEGINNING, 2)
    assert.deepEqual(positionsOf(page), [1, 2, 2, 2])
    assert.deepEqual(positionsOf(feed.page(page.next, 2)), [3])
  })

  test('is told at once what is not settled, and is not told again while nothing changes', () => {
    const feed = feedOf([1, 7, 8], 5)
    const page = feed.page(BEGINNING, 10)
    assert.deepEqual(positionsOf(page), [1, 7, 8])
    assert.equal(feed.page(page.next, 10).news, false)
  })

  test('is not told what is not settled before all that is', () => {
    const feed = feedOf([1, 2, 7], 5)
    assert.deepEqual(positionsOf(feed.page(BEGINNING, 1)), [1])
  })

  test('never misses one that was committed after a later one', () => {
    const feed = feedOf([8], 5)
    const { next } = feed.page(BEGINNING, 10)
    feed.take({ items: [item(6), item(8)], horizon: 5 })
    const late = feed.page(next, 10)
    assert.deepEqual([late.news, positionsOf(late)], [true, [6, 8]])
    feed.take({ items: [item(6), item(8)], horizon: 9 })
    assert.equal(feed.page(late.next, 10).news, true)
    assert.deepEqual(positionsOf(feed.page(next, 10)), [6, 8])
  })

  test('may go on at another node, which has read a little less or more', () => {
    const [less, more] = [feedOf([1, 4, 6], 5), feedOf([1, 4, 6, 7], 8)]
    const { next } = less.page(BEGINNING, 10)
    assert.deepEqual(positionsOf(more.page(next, 10)), [6, 7])
    assert.deepEqual(positionsOf(less.page(more.page(next, 10).next, 10)), [6])
  })
})

test('what has expired is dropped, and cursors go on to mean the same', () => {
  const feed = revocationFeed()
  feed.take({ items: [item(1, 10), item(2), item(3, 10), item(4)], horizon: 5 })
  const { next } = feed.page(BEGINNING, 2)
  feed.drop(11)
  assert.deepEqual(positionsOf(feed.page(next, 10)), [4])
  assert.deepEqual(positionsOf(feed.page(BEGINNING, 10)), [2, 4])
})

test('a feed whose database was put back holds what that has', () => {
  const feed = feedOf([1, 2, 9], 10)
  feed.take({ items: [item(1), item(3)], horizon: 4 })
  assert.deepEqual(positionsOf(feed.page(BEGINNING, 10)), [1, 3])
})
