import assert from 'node:assert/strict'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { describe, test } from 'node:test'
import { readVector } from '../test/forge.ts'
import { pair } from '../test/pairs.ts'
import type { KeyReason } from './errors.ts'
import { importKey } from './import-key.ts'

const rsa = pair('RS256')
const ec = pair('ES256')
const pemOf = (key: KeyObject, type: string) =>
  key.export({ format: 'pem', type: type as 'spki' }) as string
const spki = pemOf(rsa.publicKey, 'spki')
const pkcs8 = pemOf(rsa.privateKey, 'pkcs8')

describe('importKey takes PEM', () => {
  const rows: readonly (readonly [name: string, pem: string, alg: string, signs: boolean])[] = [
    ['SPKI', spki, 'RS256', false],
    ['SPKI with CRLF', spki.replaceAll('\n', '\r\n'), 'PS256', false],
    ['SPKI without its last newline', spki.trimEnd(), 'RS512', false],
    ['public PKCS#1', pemOf(rsa.publicKey, 'pkcs1'), 'RS256', false],
    ['PKCS#8', pkcs8, 'PS384', true],
    ['private PKCS#1', pemOf(rsa.privateKey, 'pkcs1'), 'RS256', true],
    ['SEC1', pemOf(ec.privateKey, 'sec1'), 'ES256', true],
    ['PKCS#8 of an EC key', pemOf(ec.privateKey, 'pkcs8'), 'ES256', true],
  ]
  for (const [name, pem, alg, signs] of rows) {
    test(name, () => {
      const key = importKey({ pem, alg, kid: 'a' })
      assert.deepEqual([key.alg, key.kid, key.signs, key.verifies], [alg, 'a', signs, true])
    })
  }
})

describe('importKey refuses PEM', () => {
  const encrypted = (type: 'pkcs8' | 'pkcs1') =>
    rsa.privateKey.export({ format: 'pem', type, cipher: 'aes-256-cbc', passphrase: 'x' }) as string
  const pss = generateKeyPairSync('rsa-pss', { modulusLength: 2048 })
  const secp256k1 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' })
  const brainpool = generateKeyPairSync('ec', { namedCurve: 'brainpoolP256r1' })
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const ed448 = generateKeyPairSync('ed448')
  const [begin, ...body] = spki.trimEnd().split('\n') as [string, ...string[]]
  const base64 = body.slice(0, -1).join('')
  const framed = (text: string) => `${begin}\n${text}\n-----END PUBLIC KEY-----\n`
  const { pem: expanded } = JSON.parse(readVector('ml-dsa-44-expanded.json'))
  const longer = Buffer.concat([Buffer.from(base64, 'base64'), Buffer.from([0])])

  type Row = readonly [name: string, pem: unknown, reason: KeyReason, message: RegExp, alg?: string]
  const rows: readonly Row[] = [
    ['A-04 after a space', ` ${spki}`, 'malformed', /white space stands before/],
    ['A-04 after a newline', `\n${spki}`, 'malformed', /white space stands before/],
    ['A-04 after a byte order mark', `\ufeff${spki}`, 'malformed', /a byte order mark stands/],
    ['A-04 after a zero-width space', `\u200b${spki}`, 'malformed', /without width stands/],
    ['A-04 after a comment', `# the key\n${spki}`, 'malformed', /text stands before/],
    [
      'A-04 after HTTP headers',
      `HTTP/1.1 200 OK\r\n\r\n${spki}`,
      'malformed',
      /text stands before/,
    ],
    ['A-04 before a comment', `${spki}# the key`, 'malformed', /after its last line/],
    ['A-04 before an empty line', `${spki}\n`, 'malformed', /after its last line/],
    ['A-04 with an empty line in it', framed(`\n${base64}`), 'malformed', /an empty line/],
    ['A-04 with an empty last line', framed(`${base64}\r\n`), 'malformed', /an empty line/],
    ['A-04 with a space at the end', spki.replace(/\n$/, ' \n'), 'malformed', /do not match/],
    ['A-04 before another key', spki + spki, 'malformed', /more than one block/],
    ['A-04 before its private key', spki + pkcs8, 'malformed', /more than one block/],
    ['with a header in the block', framed(`X: y\n${base64}`), 'malformed', /not base64/],
    [
      'in lines that are indented',
      framed(body.map((line) => ` ${line}`).join('\n')),
      'malformed',
      /not base64/,
    ],
    ['in base64url', framed(longer.toString('base64url')), 'malformed', /not base64/],
    ['with bytes after the key', framed(longer.toString('base64')), 'malformed', /no PUBLIC KEY/],
    ['cut off', framed(base64.slice(0, 200)), 'malformed', /no PUBLIC KEY/],
    ['that is empty', framed(''), 'malformed', /an empty line/],
    ['without an end', begin, 'malformed', /do not match/],
    ['with another end', spki.replace('END PUBLIC', 'END PRIVATE'), 'malformed', /do not match/],
    [
      'under another label',
      spki.replaceAll('PUBLIC KEY', 'PRIVATE KEY'),
      'malformed',
      /no PRIVATE KEY/,
    ],
    ['of a certificate', readVector('certificate.pem'), 'unsupported', /certificate/],
    ['of an encrypted key', encrypted('pkcs8'), 'unsupported', /encrypted/],
    ['of a key encrypted as OpenSSL did', encrypted('pkcs1'), 'unsupported', /encrypted/],
    ['of OpenSSH', spki.replaceAll('PUBLIC KEY', 'OPENSSH PRIVATE KEY'), 'unsupported', /OpenSSH/],
    ['of parameters', spki.replaceAll('PUBLIC KEY', 'EC PARAMETERS'), 'unsupported', /label/],
    ['bound to PSS', pemOf(pss.publicKey, 'spki'), 'unsupported', /RSASSA-PSS/, 'PS256'],
    ['bound to PSS, private', pemOf(pss.privateKey, 'pkcs8'), 'unsupported', /PSS/, 'PS256'],
    ['A-05 of an EC key', pemOf(ec.publicKey, 'spki'), 'wrong_kty', /takes keys of type rsa/],
    ['A-05 of an RSA key', spki, 'wrong_kty', /takes keys of type ec/, 'ES256'],
    ['A-05 of Ed448', pemOf(ed448.publicKey, 'spki'), 'wrong_kty', /ed25519/, 'EdDSA'],
    ['A-05 of P-256', pemOf(ec.publicKey, 'spki'), 'wrong_kty', /P-384/, 'ES384'],
    ['A-05 of secp256k1', pemOf(secp256k1.publicKey, 'spki'), 'wrong_kty', /P-256/, 'ES256'],
    ['A-05 of brainpool', pemOf(brainpool.publicKey, 'spki'), 'wrong_kty', /P-256/, 'ES256'],
    ['A-19 of 1024 bits', pemOf(weak.publicKey, 'spki'), 'weak', /1024 bits/],
    ['of ML-DSA without its seed', expanded, 'unsupported', /seed is missing/, 'ML-DSA-44'],
    ['that is no PEM', 'MIIB', 'malformed', /no PEM/],
    ['that is empty text', '', 'malformed', /no PEM/],
    ['that is no text', 5, 'malformed', /not a string/],
    ['that is bytes', Buffer.from(spki), 'malformed', /not a string/],
  ]
  for (const [name, pem, reason, message, alg = 'RS256'] of rows) {
    test(name, () => {
      const input = { pem: pem as string, alg }
      assert.throws(() => importKey(input), { name: 'KeyError', reason, message })
    })
  }

  test('without a word of what is in it', () => {
    for (const pem of [` ${pkcs8}`, pkcs8.replace('MII', 'MIJ'), `${pkcs8}x`]) {
      assert.throws(
        () => importKey({ pem, alg: 'RS256' }),
        (error: Error) => !`${error.stack}${error.cause}`.includes(pkcs8.slice(40, 60)),
      )
    }
  })
})
