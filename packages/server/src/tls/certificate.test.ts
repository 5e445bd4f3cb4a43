import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { platform, tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import {
  ecKeys,
  makeCertificate,
  rsaKeys,
  writePair,
} from '../../../../test/support/certificate.ts'
import { readPair } from './certificate.ts'

const good = makeCertificate()
const other = makeCertificate()
const encrypted = good.keys.privateKey.export({
  type: 'pkcs8',
  format: 'pem',
  cipher: 'aes-256-cbc',
  passphrase: 'only-tests-know-this',
}) as string

interface Files {
  cert?: string
  key?: string
  /** Does something to the files before they are read. */
  spoil?: (paths: { TLS_CERT: string; TLS_KEY: string }) => unknown
  now?: number
}

function read(t: TestContext, { cert = good.cert, key = good.key, spoil, now }: Files) {
  const folder = mkdtempSync(join(tmpdir(), 'jotter-pair-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const { JOTTER_TLS_CERT: TLS_CERT, JOTTER_TLS_KEY: TLS_KEY } = writePair(folder, { cert, key })
  spoil?.({ TLS_CERT, TLS_KEY })
  const found = readPair({ TLS_CERT, TLS_KEY, TLS_MIN_VERSION: '1.2' }, now ?? Date.now())
  assert.ok(found)
  return found
}

/** The certificate with X in place of the end of its validity, a GeneralizedTime of 15 characters. */
function withoutDate(pem: string): string {
  const der = Buffer.from(pem.replace(/-----[^-]+-----|\n/g, ''), 'base64')
  const end = der.indexOf(Buffer.from([0x18, 0x0f]), der.indexOf(Buffer.from([0x18, 0x0f])) + 1)
  der.fill('X', end + 2, end + 16)
  return `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`
}

const said = ({ findings }: ReturnType<typeof read>) =>
  findings.map(
    ({ setting, message, fatal }) => `${fatal ? 'refused' : 'warned'} ${setting} ${message}`,
  )

test('without files there is nothing to read', () => {
  const settings = { TLS_CERT: undefined, TLS_KEY: undefined, TLS_MIN_VERSION: '1.2' } as const
  assert.equal(readPair(settings, 0), undefined)
})

describe('is used', () => {
  const authority = makeCertificate({ name: 'jotter test authority' })
  const issued = makeCertificate({ issuer: authority })
  const CASES = {
    'an EC pair': good,
    'an RSA pair': makeCertificate({ keys: rsaKeys(2048) }),
    'a chain, with words between the blocks': {
      cert: `subject: CN=a\n${issued.cert}\nissuer: CN=b\n${authority.cert}`,
      key: issued.key,
    },
    'lines that end as on Windows': { cert: good.cert.replaceAll('\n', '\r\n'), key: good.key },
  }
  for (const [name, files] of Object.entries(CASES)) {
    test(name, (t) => {
      const found = read(t, files)
      assert.deepEqual(said(found), [])
      assert.ok(found.pair)
    })
  }

  test('one file that holds both', (t) => {
    const both = good.key + good.cert
    assert.deepEqual(said(read(t, { cert: both, key: both })), [])
  })

  test('a certificate that has expired, with a warning', (t) => {
    const found = read(t, makeCertificate({ days: -1 }))
    assert.match(said(found).join(), /^warned TLS_CERT has expired at \d{4}-\d\d-\d\dT/)
    assert.ok(found.pair)
  })
})

test('a certificate of tomorrow is used with a warning', (t) => {
  const found = read(t, { now: 0 })
  assert.match(said(found).join(), /^warned TLS_CERT is not valid before \d{4}-/)
  assert.ok(found.pair)
})

describe('L-03 is refused', () => {
  const CASES: Record<string, readonly [Files, readonly RegExp[]]> = {
    'files that are not there, both at once': [
      { spoil: (paths) => Object.values(paths).map((path) => rmSync(path)) },
      [/^refused TLS_CERT cannot be read: ENOENT$/, /^refused TLS_KEY cannot be read: ENOENT$/],
    ],
    'a folder': [
      { spoil: ({ TLS_CERT }) => [rmSync(TLS_CERT), mkdirSync(TLS_CERT)] },
      [/^refused TLS_CERT is no file$/],
    ],
    'a pipe that nobody writes into': [
      { spoil: ({ TLS_KEY }) => [rmSync(TLS_KEY), execFileSync('mkfifo', ['-m', '600', TLS_KEY])] },
      [/^refused TLS_KEY is no file$/],
    ],
    'a file of more than 1 MiB': [
      { cert: good.cert + '\n'.repeat(2 ** 20) },
      [/^refused TLS_CERT is larger than 1 MiB$/],
    ],
    'a date that is none': [
      { cert: withoutDate(good.cert) },
      [/^refused TLS_CERT has a date that cannot be read$/],
    ],
    'a file that is no certificate': [
      { cert: 'this is none' },
      [/^refused TLS_CERT is no certificate in PEM$/],
    ],
    'a damaged certificate': [
      { cert: good.cert.replace(/\n.{64}/, '\nAAAA') },
      [/^refused TLS_CERT is no certificate in PEM$/],
    ],
    'a chain with a damaged end': [
      { cert: good.cert + good.cert.replace(/\n.{64}/, '\nAAAA') },
      [/^refused TLS_CERT is no certificate in PEM$/],
    ],
    'the two exchanged': [
      { cert: good.key, key: good.cert },
      [/^refused TLS_CERT is no certificate/, /^refused TLS_KEY is no private key in PEM$/],
    ],
    'a damaged key': [
      { key: good.key.replace(/\n.{20}/, '\n') },
      [/^refused TLS_KEY is no private key in PEM$/],
    ],
    'a key with a passphrase': [{ key: encrypted }, [/^refused TLS_KEY needs a passphrase/]],
    'the key of another certificate': [
      { key: other.key },
      [/^refused TLS_KEY does not belong to the certificate of TLS_CERT$/],
    ],
    'the key of the authority, where the chain begins with its certificate': [
      { cert: other.cert + good.cert, key: good.key },
      [/^refused TLS_KEY does not belong/],
    ],
    'a key that is too short': [
      makeCertificate({ keys: rsaKeys(1024) }),
      [/^refused TLS_CERT is refused by OpenSSL: ee key too small$/],
    ],
  }
  for (const [name, [files, lines]] of Object.entries(CASES)) {
    test(name, (t) => {
      const found = read(t, files)
      assert.equal(found.pair, undefined)
      const messages = said(found)
      assert.equal(messages.length, lines.length, messages.join('\n'))
      for (const [i, line] of lines.entries()) assert.match(messages[i] as string, line)
    })
  }

  for (const mode of [0o604, 0o644, 0o602, 0o777]) {
    test(`a key with mode ${mode.toString(8)}`, { skip: platform() === 'win32' }, (t) => {
      const found = read(t, { spoil: ({ TLS_KEY }) => chmodSync(TLS_KEY, mode) })
      assert.match(said(found).join(), /^refused TLS_KEY is open to every user of this machine/)
    })
  }

  test('but not a key that its group may read', { skip: platform() === 'win32' }, (t) => {
    const found = read(t, { spoil: ({ TLS_KEY }) => chmodSync(TLS_KEY, 0o440) })
    assert.deepEqual(said(found), [])
  })
})

test('L-01 no finding holds a part of a key', (t) => {
  const body = good.key.split('\n').slice(1, -2).join('')
  const spoilt = [good.key.slice(0, 150), `${good.key}x`.replace('\n', '\n!'), body, encrypted, '']
  for (const key of spoilt) {
    for (const cert of [
      good.cert,
      key,
      ecKeys().privateKey.export({ type: 'sec1', format: 'pem' }),
    ]) {
      const text = JSON.stringify(read(t, { cert: cert as string, key }).findings)
      for (let i = 0; i + 8 <= body.length; i += 8) assert.ok(!text.includes(body.slice(i, i + 8)))
    }
  }
})
