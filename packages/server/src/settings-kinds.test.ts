import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { addressMatcher } from './limits/address.ts'
import * as kinds from './settings-kinds.ts'

interface Row<T> {
  kind: kinds.Kind<T>
  good: readonly (readonly [text: string, value: T])[]
  bad: readonly string[]
  /** What the message of a bad text says was expected. */
  expected: RegExp
}
const row = <T>(of: Row<T>): Row<unknown> => of as Row<unknown>

const bytes = (size: number) => Buffer.alloc(size, 0xff)

const KINDS: Readonly<Record<string, Row<unknown>>> = {
  text: row({
    kind: kinds.text,
    good: [
      ['a', 'a'],
      [' a ', ' a '],
      ['é', 'é'],
    ],
    bad: [''],
    expected: /empty/,
  }),
  audience: row({
    kind: kinds.audience,
    good: [
      ['api', 'api'],
      ['https://api.example/v1/', 'https://api.example/v1/'],
    ],
    bad: ['', ' ', 'two words', 'é', 'a\n', 'a\0', 'a'.repeat(256)],
    expected: /^must be 1 to 255 printable ASCII characters without spaces$/,
  }),
  path: row({
    kind: kinds.path,
    good: [
      ['cert.pem', 'cert.pem'],
      ['/etc/tls/a b.pem', '/etc/tls/a b.pem'],
    ],
    bad: ['', '-----BEGIN PRIVATE KEY-----\\nMIG', 'a\nb', 'a\r', 'a\0b'],
    expected: /^must (not be empty|be the path of a file, not what is in it)$/,
  }),
  integer: row({
    kind: kinds.integer(1, 65_535),
    good: [
      ['1', 1],
      ['0080', 80],
      ['65535', 65_535],
    ],
    bad: [
      ...['', ' ', '0', '65536', '-1', '+1', '1.0', '1.5', '1e3', '0x10', ' 1', '1 ', '1\n'],
      ...['NaN', 'Infinity', '9'.repeat(400), '١', '1_000', '1,000'],
    ],
    expected: /whole number from 1 to 65535/,
  }),
  oneOf: row({
    kind: kinds.oneOf('open', 'key'),
    good: [
      ['open', 'open'],
      ['key', 'key'],
    ],
    bad: ['', 'Open', 'open ', 'ope', 'open,key', 'toString'],
    expected: /one of open, key/,
  }),
  boolean: row({
    kind: kinds.boolean,
    good: [
      ['true', true],
      ['1', true],
      ['false', false],
      ['0', false],
    ],
    bad: ['', 'yes', 'no', 'on', 'TRUE', 'True', '2', 'null'],
    expected: /true or false/,
  }),
  daysOrOff: row({
    kind: kinds.daysOrOff,
    good: [
      ['off', 0],
      ['0', 0],
      ['90', 90],
      ['3650', 3650],
    ],
    bad: ['', 'Off', 'on', '-1', '1.5', '3651', '90d', ' 90'],
    expected: /from 0 to 3650, or off/,
  }),
  rate: row({
    kind: kinds.rate,
    good: [
      ['1/second', { limit: 1, windowSeconds: 1 }],
      ['10/minute', { limit: 10, windowSeconds: 60 }],
      ['999999999/hour', { limit: 999_999_999, windowSeconds: 3600 }],
      ['5/day', { limit: 5, windowSeconds: 86_400 }],
      ['off', undefined],
    ],
    bad: [
      ...['', '0', '10', '0/second', '01/second', '-1/second', '1.5/second', '1 per second'],
      ...['1/sec', '1/seconds', '1/week', '1/SECOND', '1/second ', '1/second\n', '/second'],
      ...['1/constructor', 'Off', 'OFF', 'none', '1e3/second', '9999999999/second'],
    ],
    expected: /10\/minute .* or be off/,
  }),
  networks: row({
    kind: kinds.networks,
    good: [
      ['', []],
      [' , ', []],
      ['10.0.0.1', ['10.0.0.1']],
      ['10.0.0.0/8, 192.168.0.0/16', ['10.0.0.0/8', '192.168.0.0/16']],
      ['::1,fd00::/8,2001:db8::/128', ['::1', 'fd00::/8', '2001:db8::/128']],
      ['0.0.0.0/1', ['0.0.0.0/1']],
      ['::ffff:0:0/97, ::ffff:10.0.0.1', ['::ffff:0:0/97', '::ffff:10.0.0.1']],
    ],
    bad: [
      ...['1', '2', 'true', 'loopback', 'localhost', 'proxy.internal', '*', '10.0.0', '010.0.0.1'],
      ...['10.0.0.0/', '10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/8/8', '10.0.0.0/255.0.0.0', '/8'],
      ...['::/129', '10.0.0.1:80', '[::1]', '10.0.0.0/8 10.1.0.0/16', '10.0.0.0/8;::1'],
      // Everybody. A network of all addresses is a mistake.
      ...['0.0.0.0/0', '::/0', '10.0.0.0/8,0.0.0.0/00'],
      ...['::ffff:0:0/96', '::FFFF:10.0.0.1/96', '0:0:0:0:0:ffff:a00:1/8', '::ffff:1.2.3.4/1'],
    ],
    expected: /is no address or CIDR/,
  }),
  origins: row({
    kind: kinds.origins,
    good: [
      ['', []],
      ['https://app.example.com', ['https://app.example.com']],
      [
        'http://localhost:3000, https://[::1]:8443',
        ['http://localhost:3000', 'https://[::1]:8443'],
      ],
    ],
    bad: [
      ...['*', 'null', 'https://*.example.com', 'app.example.com', 'https://app.example.com/'],
      ...['https://app.example.com/path', 'https://APP.example.com', 'https://app.example.com:443'],
      ...['https://a.example https://b.example', 'https://user@a.example', 'file:///etc', '//a.b'],
    ],
    expected: /is no exact origin/,
  }),
  url: row({
    kind: kinds.url,
    good: [
      ['https://jotter.example.com', 'https://jotter.example.com'],
      ['http://127.0.0.1:7519', 'http://127.0.0.1:7519'],
      ['https://example.com/jotter/v2', 'https://example.com/jotter/v2'],
      ['http://[::1]:7519', 'http://[::1]:7519'],
    ],
    bad: [
      ...['', 'jotter', 'https:', 'https://', 'https:///', 'ftp://example.com', '//example.com'],
      ...[
        'https://example.com/',
        'https://example.com/a/',
        'https://example.com?a',
        'https://a.b#c',
      ],
      ...['https://user:password@example.com', 'https://user@example.com', 'https://a b.example'],
      ...[
        'https://example.com/a b',
        'https://example.com\n',
        ' https://example.com',
        'https://a.b\\c',
      ],
      ...['https://example.com\t', 'https://exa\nmple.com', 'https://example.com:99999'],
    ],
    expected: /http or https URL/,
  }),
  databaseUrl: row({
    kind: kinds.databaseUrl,
    good: [
      ['memory:', 'memory:'],
      ['sqlite:jotter.db', 'sqlite:jotter.db'],
      ['sqlite:/var/lib/jotter/jotter.db', 'sqlite:/var/lib/jotter/jotter.db'],
      ['sqlite:./data dir/é.db', 'sqlite:./data dir/é.db'],
      ...[
        'postgres://db/jotter',
        'postgresql://user:secret@db.example:5433/jotter?sslmode=verify-full',
        'postgres://user:p%40ss%2Fw%3Ard%25@[::1]:5432/jotter',
        'postgres:///jotter?user=app&host=/run/postgresql',
      ].map((url) => [url, url] as const),
    ],
    bad: [
      ...['', 'sqlite:', 'sqlite', 'jotter.db', 'memory', 'memory:x', 'SQLITE:x', ' sqlite:x'],
      ...['mysql://db/jotter', 'file:jotter.db', 'postgres:jotter', 'Postgres://db/jotter'],
      // Each connection would have an empty database of its own.
      ...['sqlite::memory:', 'sqlite:file:x?mode=memory', 'sqlite:a\0b'],
    ],
    expected: /sqlite:PATH, postgres:.* or memory:/,
  }),
  secretText: row({
    kind: kinds.secretText(8),
    good: [
      ['12345678', '12345678'],
      ['!~!~!~!~', '!~!~!~!~'],
    ],
    bad: ['', '1234567', '1234 5678', '12345678\n', ' 12345678', '1234567é', '1234567\x7f'],
    expected: /at least 8 characters|printable ASCII without spaces/,
  }),
  base64: row({
    kind: kinds.base64,
    good: [
      ['////', bytes(3)],
      ['//8=', bytes(2)],
      ['/w==', bytes(1)],
      [bytes(64).toString('base64'), bytes(64)],
    ],
    bad: [
      ...[
        '',
        '=',
        '====',
        '/',
        '//',
        '///',
        '//==',
        '/w=',
        '//8',
        '//8==',
        '/w===',
        '=///',
        '//=/',
      ],
      ...[
        '__8=',
        '//-/',
        '////\n',
        '////\r\n////',
        ' ////',
        '//// ',
        '//// ////',
        '"////"',
        '////é',
      ],
    ],
    expected: /standard base64/,
  }),
}

for (const [name, { kind, good, bad, expected }] of Object.entries(KINDS)) {
  describe(`the kind ${name}`, () => {
    for (const [text, value] of good) {
      test(`reads ${JSON.stringify(text)}`, () => assert.deepEqual(kind.parse(text), value))
    }
    for (const text of bad) {
      test(`refuses ${JSON.stringify(text.slice(0, 50))} and says what it expects`, () => {
        assert.throws(() => kind.parse(text), { name: 'Error', message: expected })
      })
    }
    test('says what a value looks like', () => assert.notEqual(kind.shape, ''))
  })
}

test('every kind has a row here', () => {
  assert.deepEqual(Object.keys(KINDS).sort(), Object.keys(kinds).sort())
})

test('H-01 networks that are accepted here are understood by the server', () => {
  for (const [text, networks] of KINDS.networks?.good ?? []) {
    assert.doesNotThrow(() => addressMatcher(networks as string[]), `TRUST_PROXY=${text}`)
  }
})

describe('L-01 a message about a bad key', () => {
  const messageOf = (text: string) => {
    try {
      kinds.base64.parse(text)
    } catch (error) {
      return (error as Error).message
    }
    return assert.fail(`${text} was accepted`)
  }

  test('B5 item 20: names the character outside the alphabet and where it stands, nothing else', () => {
    assert.equal(
      messageOf('EXAMPLE----TE8sTgg45yusumoN6BYsBVkh+yRJ5czgsnCehZaOYldPJdmFh6NeX8kunZ2zU1YW'),
      'has the character "-" at position 8, which is not in the standard base64 alphabet',
    )
  })

  test('shows a character that cannot be seen, and one of two code units, whole', () => {
    const cases = {
      'QUJD\nREVG': '"\\n"',
      'QUJD REVG': '" "',
      'QUJD\u001b': '"\\u001b"',
      'QU😀': '"😀"',
    }
    for (const [text, shown] of Object.entries(cases)) {
      assert.ok(messageOf(text).startsWith(`has the character ${shown} at position `), shown)
    }
  })
})
