import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import {
  type Claims,
  generateKey,
  importKey,
  privatePem,
  publicJwk,
  publicJwks,
  signToken,
} from '@jotter/token'
import { type Folder, makeFolder, type Running } from '../support/cli.ts'
import { CUSTOMER } from '../support/service.ts'

const KEY = importKey({ secret: CUSTOMER.TELESIGN_API_KEY, encoding: 'base64', alg: 'HS256' })

/** The command with the server's customer in its environment. */
function withCustomer({ jotter }: Folder, more = {}): Folder['jotter'] {
  return (args, options) => jotter(args, { ...options, environment: { ...CUSTOMER, ...more } })
}

describe('transactions', { concurrency: 1 }, () => {
  const folder = makeFolder({ after })
  const local = withCustomer(folder)
  let server: Running
  let remote: Folder['jotter']
  let token: string
  before(async () => {
    server = await folder.serve({ ...CUSTOMER, JOTTER_RATE_LIMIT: 'off' })
    remote = withCustomer(folder, {
      JOTTER_URL: server.address,
      JOTTER_ADMIN_KEY: await server.adminKey(),
    })
    const args = ['token', 'issue', '--phone', '+1 (555) 555-1212', '--xid', 'order-1']
    token = (await local(args)).stdout.trim()
  })

  test('an issued token alone is on stdout, and the server knows its transaction', async () => {
    const { code, stdout, stderr } = await local(['token', 'issue', '--phone', '15555550000'])
    assert.equal(code, 0)
    assert.match(stdout, /^[\w-]+\.[\w-]+\.[\w-]+\n$/)
    const xid = /^next {3}jotter tx show (\S+)$/m.exec(stderr)?.[1]
    const headers = { authorization: `Bearer ${await server.adminKey()}` }
    const answer = await fetch(`${server.address}/v1/transactions/${xid}`, { headers })
    const transaction = (await answer.json()) as { token: string; history: { by: string }[] }
    assert.equal(transaction.token, stdout.trim())
    assert.deepEqual(
      transaction.history.map(({ by }) => by),
      ['cli'],
    )
  })

  test('a server elsewhere issues the same', async () => {
    const { stdout } = await remote(['token', 'issue', '--phone', '15555550001', '--json'])
    const issued = JSON.parse(stdout)
    assert.deepEqual(Object.keys(issued), [
      'token',
      'xid',
      'phone_number',
      'issued_at',
      'expires_at',
    ])
    assert.equal(issued.phone_number, '15555550001')
    assert.equal((await local(['token', 'verify', issued.token])).code, 0)
  })

  test('what cannot be issued', async () => {
    for (const [args, wanted, message] of [
      [['--phone', '12'], 2, 'The phone number is not valid'],
      [['--phone', '15555550002', '--xid', 'a b'], 2, 'The xid is not valid'],
      [
        ['--phone', '15555550002', '--xid', 'order-1'],
        5,
        'The xid belongs to another phone number',
      ],
    ] as const) {
      const { code, stdout, stderr } = await local(['token', 'issue', ...args])
      assert.equal(code, wanted)
      assert.equal(stdout, '')
      assert.ok(
        stderr.includes(`error: ${message}\n  from   ${args.slice(-2).join(' ')}\n`),
        stderr,
      )
    }
  })

  test('tx list finds them, newest first, here and elsewhere', async () => {
    const { stdout } = await local(['tx', 'list'])
    assert.match(stdout, /^XID +PHONE +STATUS +ISSUED +EXPIRES\n/)
    assert.match(stdout, /^order-1 +15555551212 +issued +(now|\S+ ago) +in \S+$/m)
    const near = await local(['tx', 'list', '--json', '--limit', '2'])
    const far = await remote(['tx', 'list', '--json', '--limit', '2'])
    assert.equal(far.stdout, near.stdout)
    const { items, next } = JSON.parse(near.stdout)
    assert.equal(items.length, 2)
    assert.match(near.stderr, new RegExp(`^more {3}the same with --after ${next}$`, 'm'))
    const rest = await local(['tx', 'list', '-q', '--after', next])
    assert.deepEqual(rest.stdout.trim().split('\n'), ['order-1'])
  })

  test('tx list by phone, xid, status and time', async () => {
    const xids = async (...args: string[]) => (await local(['tx', 'list', '-q', ...args])).stdout
    assert.equal(await xids('--phone', '+15555551212'), 'order-1\n')
    assert.equal(await xids('--xid', 'order-1', '--status', 'issued', '--since', '1h'), 'order-1\n')
    assert.equal(await xids('--xid', 'order-1', '--phone', '15555550000'), '')
    assert.equal(await xids('--xid', 'unknown'), '')
    assert.equal(await xids('--status', 'revoked'), '')
    assert.equal(await xids('--since', '2099-01-01'), '')
    const bad = await local(['tx', 'list', '--since', 'yesterday'])
    assert.equal(bad.code, 2)
    assert.match(bad.stderr, /^error: --since is no time: "yesterday"\n/)
  })

  test('tx show tells a transaction and its history', async () => {
    const { stdout } = await local(['tx', 'show', 'order-1', '--utc'])
    assert.match(stdout, /^XID +order-1\nCUSTOMER +FFFFFFFF-/)
    assert.match(stdout, /^ISSUED +\d{4}-\d\d-\d\dT[\d:.]+Z \((now|\S+ ago)\)$/m)
    assert.match(stdout, /\n\nSTATUS +AT +BY +DETAIL\nissued +\S+ \(.*\) +cli +-\n$/)
    assert.ok(!stdout.includes(token))
    const near = await local(['tx', 'show', 'order-1', '--json'])
    assert.equal(JSON.parse(near.stdout).token, token)
    const far = await remote(['tx', 'show', 'order-1', '--json'])
    assert.deepEqual(JSON.parse(far.stdout), JSON.parse(near.stdout))

    for (const run of [local, remote]) {
      const unknown = await run(['tx', 'show', 'order-2'])
      assert.equal(unknown.code, 4)
      assert.match(unknown.stderr, /^error: No such transaction\n {2}from {3}xid order-2\n/m)
      const { stdout } = await run(['tx', 'list', '--xid', 'order-2', '--json'])
      assert.deepEqual(JSON.parse(stdout), { items: [], next: null })
    }
  })

  test('a token is verified by its own installation until its transaction is revoked', async () => {
    const issue = ['token', 'issue', '--phone', '15555550003', '--xid', 'to-be-revoked']
    const doomed = (await local(issue)).stdout
    const accepted = await local(['token', 'verify', '-'], { input: doomed })
    assert.equal(accepted.code, 0, accepted.stderr)
    assert.equal(JSON.parse(accepted.stdout).xid, 'to-be-revoked')
    assert.match(accepted.stderr, /^accepted: HS256, expires in \S+$/m)

    const headers = { authorization: `Bearer ${await server.adminKey()}` }
    await fetch(`${server.address}/v1/transactions/to-be-revoked/revoke`, {
      method: 'POST',
      headers,
    })
    const refused = await local(['token', 'verify', '-', '--json'], { input: doomed })
    assert.equal(refused.code, 3)
    assert.deepEqual(JSON.parse(refused.stdout), {
      valid: false,
      reason: 'revoked',
      header: null,
      claims: null,
    })
    assert.match(refused.stderr, /^error: the token is not accepted: The transaction was revoked$/m)
  })

  test('a token with the right signature and an unknown transaction is refused', async () => {
    const iat = Math.floor(Date.now() / 1000)
    const claims = { iss: CUSTOMER.TELESIGN_CUSTOMER_ID, iat, exp: iat + 60, phn: '15555551212' }
    const forged = await signToken({ ...claims, xid: 'never-issued' }, KEY)
    const { code, stdout } = await local(['token', 'verify', forged, '--json'])
    assert.equal(code, 3)
    assert.equal(JSON.parse(stdout).reason, 'transaction_not_found')
    const without = await signToken(claims, KEY)
    assert.equal((await local(['token', 'verify', without])).code, 3)
  })

  test('a table is not cut in a pipe, and no token is in a message', async () => {
    const { stdout, stderr } = await local(['token', 'verify', `${token}x`])
    assert.equal(stdout, '')
    assert.ok(!stderr.includes(token))
    assert.match(stderr, /^error: the token is not accepted: /m)
  })
})

describe('any token', { concurrency: 4 }, () => {
  const { path, jotter } = makeFolder({ after })
  const SECRET = 'a secret of thirty-two bytes, yes'
  const key = importKey({ secret: SECRET, alg: 'HS256' })
  const now = Math.floor(Date.now() / 1000)
  const sign = (claims: object) => signToken({ iss: 'me', exp: now + 600, ...claims }, key)

  test('decode shows what it says, and that nobody has checked it', async () => {
    const token = await signToken({ iss: 'me', iat: 1_500_000_000, name: '\u202eevil' }, key)
    const { code, stdout, stderr } = await jotter(['token', 'decode', token])
    assert.equal(code, 0)
    assert.match(stderr, /^NOT VERIFIED/)
    assert.match(stdout, /^HEADER\n\{\n {2}"typ": "JWT",\n {2}"alg": "HS256"\n\}\n\nPAYLOAD\n\{\n/)
    assert.match(stdout, /^iat +2017-07-14T02:40:00\.000Z +\d+d ago$/m)
    assert.match(stdout, /"\\u202eevil"/)
    const json = await jotter(['token', 'decode', '-', '--json'], { input: `${token}\n` })
    assert.deepEqual(JSON.parse(json.stdout), {
      header: { typ: 'JWT', alg: 'HS256' },
      payload: { iss: 'me', iat: 1_500_000_000, name: '\u202eevil' },
    })
  })

  test('decode refuses what is no token', async () => {
    const { code, stdout, stderr } = await jotter(['token', 'decode', 'x.y'])
    assert.equal(code, 3)
    assert.equal(stdout, '')
    assert.match(stderr, /^error: this is no token: Not enough segments$/m)
    assert.equal((await jotter(['token', 'decode', '-'], { input: '\n' })).code, 2)
  })

  test('a secret is given as text, file, variable or base64', async () => {
    const token = await sign({})
    const base64 = Buffer.from(SECRET).toString('base64')
    writeFileSync(join(path, 'secret'), `${SECRET}\n`)
    const environment = { PLAIN: SECRET, ENCODED: base64 }
    for (const secret of [SECRET, '@secret', 'env:PLAIN', `b64:${base64}`, 'b64:env:ENCODED']) {
      const { code, stderr } = await jotter(['token', 'verify', token, '-S', secret], {
        environment,
      })
      assert.equal(code, 0, `${secret}: ${stderr}`)
    }
    for (const secret of ['@nowhere', 'env:UNSET', 'b64:????']) {
      const { code, stderr } = await jotter(['token', 'verify', token, '-S', secret])
      assert.equal(code, 2, `${secret}: ${stderr}`)
    }
  })

  test('a key is given as JWK or as a set of them', async () => {
    const token = await sign({})
    const jwk = { kty: 'oct', alg: 'HS256', k: Buffer.from(SECRET).toString('base64url') }
    writeFileSync(join(path, 'jwk.json'), JSON.stringify(jwk))
    writeFileSync(join(path, 'jwks.json'), JSON.stringify({ keys: [jwk] }))
    writeFileSync(join(path, 'bad.json'), `{"k": "${jwk.k}`)
    for (const file of ['jwk.json', 'jwks.json']) {
      const { code, stderr } = await jotter(['token', 'verify', token, '--key', file])
      assert.equal(code, 0, stderr)
    }
    const bad = await jotter(['token', 'verify', token, '--key', 'bad.json'])
    assert.equal(bad.code, 2)
    assert.ok(!bad.stderr.includes(jwk.k))
  })

  test('a public key checks too, as JWK, set or PEM; what must not stand together is refused', async () => {
    const key = await generateKey('ES256')
    const token = await signToken({ iss: 'me', exp: now + 600 }, key)
    const oct = { kty: 'oct', alg: 'HS256', k: Buffer.from(SECRET).toString('base64url') }
    writeFileSync(join(path, 'es256.json'), JSON.stringify(publicJwk(key)))
    writeFileSync(join(path, 'public.json'), JSON.stringify(publicJwks(key)))
    writeFileSync(join(path, 'mixed.json'), JSON.stringify({ keys: [publicJwk(key), oct] }))
    writeFileSync(join(path, 'es256.pem'), privatePem(key))
    for (const args of [['es256.json'], ['public.json'], ['es256.pem', '--alg', 'ES256']]) {
      const { code, stderr } = await jotter(['token', 'verify', token, '--key', ...args])
      assert.equal(code, 0, stderr)
    }
    const mixed = await jotter(['token', 'verify', token, '--key', 'mixed.json'])
    assert.equal(mixed.code, 2)
    assert.match(mixed.stderr, /secrets and key pairs do not go together/)
  })

  for (const [name, claims, args, reason] of [
    ['expired', { exp: now - 60 }, [], 'expired'],
    ['expired, within the leeway', { exp: now - 60 }, ['--leeway', '3600'], null],
    ['not yet valid', { nbf: now + 600 }, [], 'not_yet_valid'],
    ['of another issuer', {}, ['--iss', 'you'], 'wrong_issuer'],
    ['of the issuer that was named', {}, ['--iss', 'me'], null],
    ['for somebody', { aud: 'app' }, [], 'wrong_audience'],
    ['for us', { aud: ['app', 'web'] }, ['--aud', 'web'], null],
    ['with another algorithm', {}, ['--alg', 'HS512'], 'alg_not_allowed'],
    ['without an end', { exp: undefined }, [], 'missing_claim'],
  ] as const) {
    test(`a token ${name}: ${reason ?? 'accepted'}`, async () => {
      const secret = SECRET.padEnd(64, '-')
      const signed = await signToken(
        { iss: 'me', exp: now + 600, ...claims } as Claims,
        importKey({ secret, alg: 'HS256' }),
      )
      const line = ['token', 'verify', signed, '-S', secret, '--json', ...args]
      const { code, stdout } = await jotter(line)
      const verdict = JSON.parse(stdout)
      assert.equal(verdict.reason, reason)
      assert.equal(verdict.valid, reason === null)
      assert.equal(verdict.claims?.iss, reason === null ? 'me' : undefined)
      assert.equal(code, reason === null ? 0 : 3)
    })
  }

  test('a refusal says when, and a short secret is worth a warning', async () => {
    const weak = importKey({ secret: 'secret', alg: 'HS256' }, { allowShortSecret: true })
    const token = await signToken({ iss: 'me', exp: 1_500_000_000 }, weak)
    const { stderr } = await jotter(['token', 'verify', token, '-S', 'secret'])
    assert.match(stderr, /^warning: the secret is too short: HS256 needs 32 bytes, it has 6$/m)
    assert.match(stderr, /^error: the token is not accepted: Signature has expired$/m)
    assert.match(stderr, /^ {2}from {3}exp: 2017-07-14T02:40:00\.000Z \(\d+d ago\)$/m)
  })
})
