import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type Client,
  type ClientChange,
  type ClientKey,
  MAX_KEYS,
  type WholeClient,
} from '../../packages/server/src/clients/store.ts'
import type { OpenStores } from './open.ts'

const NOW = 1_800_000_000_000
const FIFTY = Array.from({ length: 50 }, (_, i) => i)

const keyOf = (kid: string, createdAt = NOW): ClientKey => ({
  kid,
  thumbprint: `thumbprint of ${kid}`,
  publicJwk: `{"kty":"RSA","kid":"${kid}"}`,
  createdAt,
})

const app: WholeClient = {
  id: 'app1',
  customerId: 'customer',
  notBeforeSeconds: 10,
  lifetimeSeconds: 30,
  maxUses: undefined,
  audience: undefined,
  strict: undefined,
  disabled: false,
  createdAt: NOW,
  updatedAt: NOW,
  keys: [keyOf('a')],
}

const { keys: _, ...listed } = app
const kids = (client: WholeClient | undefined) => client?.keys.map(({ kid }) => kid)
const wins = (answers: readonly boolean[]) => answers.filter(Boolean).length

/** What every ClientStore must do. `open` gives empty stores; the suite closes them. */
export function clientStoreSuite(engine: string, open: OpenStores) {
  describe(`ClientStore on ${engine}`, () => {
    test('what is not there is undefined, and nothing can be done to it', async () => {
      await using stores = await open()
      const { clients } = stores
      assert.equal(await clients.find('app1'), undefined)
      assert.equal(await clients.get('customer', 'app1'), undefined)
      assert.deepEqual(await clients.list({ customerId: 'customer', limit: 10 }), [])
      assert.equal(await clients.update('customer', 'app1', { disabled: true }, NOW), false)
      assert.equal(await clients.addKey('customer', 'app1', keyOf('b')), false)
      assert.equal(await clients.removeKey('customer', 'app1', 'a', NOW), false)
      assert.equal(await clients.remove('customer', 'app1'), false)
      assert.equal(await clients.insert(app), true)
      assert.deepEqual(kids(await clients.find('app1')), ['a'])
    })

    test('insert keeps every member and the order of the keys', async () => {
      await using stores = await open()
      const { clients } = stores
      const others: readonly Partial<WholeClient>[] = [
        {},
        { keys: ['z', 'a', 'm'].map((kid) => keyOf(kid)) },
        { notBeforeSeconds: 0, lifetimeSeconds: 86_400, maxUses: 1, audience: 'a "b" 😀' },
        { strict: true, disabled: true },
        { strict: false, updatedAt: NOW + 1, createdAt: 0 },
        { createdAt: 8_640_000_000_000_000, maxUses: Number.MAX_SAFE_INTEGER },
      ]
      for (const [i, members] of others.entries()) {
        const client = { ...app, ...members, id: `app${i}` }
        assert.equal(await clients.insert(client), true)
        assert.deepEqual(await clients.find(client.id), client)
        assert.deepEqual(await clients.get('customer', client.id), client)
      }
    })

    test('an id is of one client, whoever its customer', async () => {
      await using stores = await open()
      const { clients } = stores
      const second = { ...app, customerId: 'other', keys: [keyOf('b'), keyOf('c')] }
      assert.equal(await clients.insert(app), true)
      assert.equal(await clients.insert(second), false)
      assert.deepEqual(await clients.find('app1'), app)
      assert.equal(await clients.get('other', 'app1'), undefined)
    })

    test('ids are compared byte for byte, and none of them is special', async () => {
      await using stores = await open()
      const { clients } = stores
      const ids = ['a', 'A', 'a:b', 'a@b', 'a~', 'constructor', '__proto__', 'toString', '0', '00']
      for (const id of ids) assert.equal(await clients.insert({ ...app, id }), true, id)
      for (const id of ids) assert.equal((await clients.find(id))?.id, id)
      for (const id of ['valueOf', 'a ', '', 'a%']) {
        assert.equal(await clients.find(id), undefined, id)
      }
    })

    test('exactly one of 50 concurrent inserts of an id wins, with its own keys', async () => {
      await using stores = await open()
      const { clients } = stores
      const kept = await Promise.all(
        FIFTY.map((i) => clients.insert({ ...app, keys: [keyOf(`a${i}`), keyOf(`b${i}`)] })),
      )
      const winner = kept.indexOf(true)
      assert.equal(wins(kept), 1)
      assert.deepEqual(kids(await clients.find('app1')), [`a${winner}`, `b${winner}`])
    })

    test('a customer changes its own clients only', async () => {
      await using stores = await open()
      const { clients } = stores
      await clients.insert({ ...app, keys: [keyOf('a'), keyOf('b')] })
      const before = await clients.find('app1')
      assert.equal(await clients.update('other', 'app1', { disabled: true }, NOW), false)
      assert.equal(await clients.addKey('other', 'app1', keyOf('c')), false)
      assert.equal(await clients.removeKey('other', 'app1', 'a', NOW), false)
      assert.equal(await clients.remove('other', 'app1'), false)
      assert.deepEqual(await clients.find('app1'), before)
      assert.deepEqual(await clients.list({ customerId: 'other', limit: 10 }), [])
    })

    describe('update', () => {
      for (const [what, change] of [
        ['nothing but its time', {}],
        ['one member', { disabled: true }],
        ['the times alone', { notBeforeSeconds: 0, lifetimeSeconds: 1 }],
        ['one of the times', { lifetimeSeconds: 11 }],
        ['what was given back to what is not', { maxUses: undefined, audience: undefined }],
        ['strict to no', { strict: false }],
        ['strict to the profile', { strict: undefined }],
        [
          'everything',
          {
            notBeforeSeconds: 1,
            lifetimeSeconds: 2,
            maxUses: 3,
            audience: 'b',
            strict: false,
            disabled: true,
          },
        ],
      ] as const satisfies [string, ClientChange][]) {
        test(`changes ${what}`, async () => {
          await using stores = await open()
          const { clients } = stores
          const client = { ...app, maxUses: 5, audience: 'a', strict: true }
          await clients.insert(client)
          await clients.insert({ ...client, id: 'app2' })
          assert.equal(await clients.update('customer', 'app1', change, NOW + 7), true)
          const expected = { ...client, ...change, updatedAt: NOW + 7 }
          assert.deepEqual(await clients.find('app1'), expected)
          assert.deepEqual(await clients.find('app2'), { ...client, id: 'app2' })
        })
      }

      test('never makes a token that ends before it begins', async () => {
        await using stores = await open()
        const { clients } = stores
        await clients.insert(app)
        for (const change of [
          { notBeforeSeconds: 30 },
          { lifetimeSeconds: 10 },
          { lifetimeSeconds: 9 },
          { notBeforeSeconds: 100, lifetimeSeconds: 99 },
        ]) {
          assert.equal(await clients.update('customer', 'app1', change, NOW + 7), false)
        }
        assert.deepEqual(await clients.find('app1'), app)
        // As text, 9 would come after 10.
        const wide = { notBeforeSeconds: 9, lifetimeSeconds: 10 }
        assert.equal(await clients.update('customer', 'app1', wide, NOW + 7), true)
      })

      test('of two at once that only together would, one does nothing', async () => {
        await using stores = await open()
        const { clients } = stores
        for (const i of FIFTY) await clients.insert({ ...app, id: `app${i}` })
        const answers = await Promise.all(
          FIFTY.map((i) =>
            Promise.all([
              clients.update('customer', `app${i}`, { notBeforeSeconds: 20 }, NOW),
              clients.update('customer', `app${i}`, { lifetimeSeconds: 15 }, NOW),
            ]),
          ),
        )
        for (const both of answers) assert.equal(wins(both), 1)
      })
    })

    describe('keys', () => {
      test('come after those that are there, whatever the clock says', async () => {
        await using stores = await open()
        const { clients } = stores
        await clients.insert(app)
        assert.equal(await clients.addKey('customer', 'app1', keyOf('c', NOW + 5)), true)
        assert.equal(await clients.addKey('customer', 'app1', keyOf('b', NOW - 5)), true)
        const client = await clients.find('app1')
        assert.deepEqual(client?.keys, [keyOf('a'), keyOf('c', NOW + 5), keyOf('b', NOW - 5)])
        assert.equal(client?.updatedAt, NOW - 5)
      })

      test('a kid, or a key under another kid, is not added twice', async () => {
        await using stores = await open()
        const { clients } = stores
        await clients.insert(app)
        const again = [
          keyOf('a'),
          { ...keyOf('b'), thumbprint: keyOf('a').thumbprint },
          { ...keyOf('a'), thumbprint: 'another' },
        ]
        for (const key of again) {
          assert.equal(await clients.addKey('customer', 'app1', { ...key, createdAt: 5 }), false)
        }
        assert.deepEqual(await clients.find('app1'), app)
        await clients.insert({ ...app, id: 'app2' })
        assert.deepEqual(kids(await clients.find('app2')), ['a'])
      })

      test(`there are never more than ${MAX_KEYS}, however many are added at once`, async () => {
        await using stores = await open()
        const { clients } = stores
        await clients.insert(app)
        const added = await Promise.all(
          FIFTY.map((i) => clients.addKey('customer', 'app1', keyOf(`more${i}`))),
        )
        assert.equal(wins(added), MAX_KEYS - 1)
        assert.equal(kids(await clients.find('app1'))?.length, MAX_KEYS)
        assert.equal(await clients.removeKey('customer', 'app1', 'a', NOW), true)
        assert.equal(await clients.addKey('customer', 'app1', keyOf('a')), true)
      })

      test('one stays, however many are removed at once', async () => {
        await using stores = await open()
        const { clients } = stores
        const names = Array.from({ length: MAX_KEYS }, (_, i) => `key${i}`)
        await clients.insert({ ...app, keys: names.map((kid) => keyOf(kid)) })
        const removed = await Promise.all(
          [...names, ...names].map((kid) => clients.removeKey('customer', 'app1', kid, NOW + 1)),
        )
        assert.equal(wins(removed), MAX_KEYS - 1)
        const [last = '', ...more] = kids(await clients.find('app1')) ?? []
        assert.deepEqual(more, [])
        assert.equal(await clients.removeKey('customer', 'app1', last, NOW), false)
        assert.equal(await clients.removeKey('customer', 'app1', 'other', NOW), false)
        assert.equal(await clients.addKey('customer', 'app1', keyOf('new')), true)
        assert.equal(await clients.removeKey('customer', 'app1', last, NOW + 9), true)
        const client = await clients.find('app1')
        assert.deepEqual([kids(client), client?.updatedAt], [['new'], NOW + 9])
      })

      test('removing what is not there changes nothing', async () => {
        await using stores = await open()
        const { clients } = stores
        const two = { ...app, keys: [keyOf('a'), keyOf('b')] }
        await clients.insert(two)
        assert.equal(await clients.removeKey('customer', 'app1', 'c', NOW + 9), false)
        assert.deepEqual(await clients.find('app1'), two)
      })
    })

    test('exactly one of 50 concurrent callers removes a client, and its keys go', async () => {
      await using stores = await open()
      const { clients } = stores
      await clients.insert(app)
      const removed = await Promise.all(FIFTY.map(() => clients.remove('customer', 'app1')))
      assert.equal(wins(removed), 1)
      assert.equal(await clients.find('app1'), undefined)
      assert.equal(await clients.insert({ ...app, keys: [keyOf('b')] }), true)
      assert.deepEqual(kids(await clients.find('app1')), ['b'])
    })

    test('list is oldest first, of one moment by id, one customer alone and without keys', async () => {
      await using stores = await open()
      const { clients } = stores
      const made = { d: NOW + 2, c: NOW, b: NOW + 1, a: NOW + 2, B: NOW + 2, e: NOW - 5 }
      for (const [id, createdAt] of Object.entries(made)) {
        await clients.insert({ ...app, id, createdAt })
      }
      await clients.insert({ ...app, id: 'foreign', customerId: 'other' })
      const all = await clients.list({ customerId: 'customer', limit: 10 })
      assert.deepEqual(
        all.map(({ id }) => id),
        ['e', 'c', 'b', 'B', 'a', 'd'],
      )
      assert.deepEqual(all[1], { ...listed, id: 'c' })
      const pages: Client[] = []
      for (let after: Client | undefined; ; ) {
        const page = await clients.list({ customerId: 'customer', after, limit: 2 })
        pages.push(...page)
        after = page.at(-1)
        if (page.length < 2) break
      }
      assert.deepEqual(pages, all)
    })
  })
}
