import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { cursorOf, positionOf } from './paging.ts'

const position = fc.record({
  at: fc.nat({ max: 253_402_300_799_999 }),
  id: fc.stringMatching(/^[A-Za-z0-9._~:@-]{1,128}$/),
})

test('a cursor is read back as what it was made from', () => {
  fc.assert(
    fc.property(position, (one) => {
      assert.deepEqual(positionOf(cursorOf(one)), { ...one })
      assert.match(cursorOf(one), /^[A-Za-z0-9_-]+$/)
    }),
  )
})

test('D-14: any other text is refused, also one that decodes to a position', () => {
  fc.assert(
    fc.property(position, fc.string(), (one, text) => {
      const refused = {
        code: 'invalid_request',
        fields: [{ pointer: '/after', detail: 'is not the `next` of a list' }],
      }
      for (const other of [text, `${cursorOf(one)}=`, ` ${cursorOf(one)}`]) {
        assert.throws(() => positionOf(other), refused)
      }
    }),
  )
})
