import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { makeFolder, type Running } from '../support/cli.ts'
import { keyPair } from '../support/key-pairs.ts'

const rsa = keyPair()
const p256 = keyPair('ec')

describe('clients beside a running server', { concurrency: 1 }, () => {
  const { path, jotter, serve } = makeFolder({ after })
  let server: Running
  before(async () => {
    server = await serve()
    writeFileSync(join(path, 'app1.pub.pem'), rsa.pem)
    writeFileSync(join(path, 'app1.key'), rsa.privatePem)
    writeFileSync(join(path, 'key.jwk'), JSON.stringify({ ...p256.jwk, kid: 'key-1' }))
    writeFileSync(join(path, 'keys.jwks'), JSON.stringify({ keys: [rsa.jwk, p256.jwk] }))
    writeFileSync(join(path, 'private.jwks'), JSON.stringify({ keys: [rsa.privateJwk] }))
  })

  const getKey = (id: string) => fetch(`${server.address}/getkey?identity=${id}`)
  const run = (line: string, input?: string) =>
    jotter(line.split(' '), input === undefined ? {} : { input })
  const remotely = async (line: string, input = '') =>
    jotter(line.split(' '), {
      input,
      environment: { JOTTER_URL: server.address, JOTTER_ADMIN_KEY: await server.adminKey() },
    })

  test('one that the command registers, disables, enables and deletes is so at once', async () => {
    const made = await run('clients create app1 --key app1.pub.pem --nbf 10s --ttl 30s')
    assert.equal(made.code, 0, made.stderr)
    assert.equal(made.stdout, 'app1\n')
    assert.deepEqual(made.stderr.split('\n'), [
      `store  sqlite:${join(path, 'data', 'jotter.db')}`,
      'client app1 (RS256): tokens for 10 s to 30 s after the login',
      'next   jotter clients show app1',
      '',
    ])
    assert.equal(await (await getKey('app1')).text(), rsa.pem)

    const disabled = await run('clients disable app1')
    assert.deepEqual([disabled.code, disabled.stdout], [0, ''])
    assert.match(disabled.stderr, /^next {3}jotter clients update app1 --enable$/m)
    assert.equal((await getKey('app1')).status, 404)
    assert.equal((await run('clients update app1 --enable')).code, 0)
    assert.equal((await getKey('app1')).status, 200)

    assert.equal((await run('clients delete app1')).code, 0)
    assert.equal((await getKey('app1')).status, 404)
    const again = await run('clients delete app1')
    assert.equal(again.code, 4)
    assert.match(again.stderr, /^error: No such client\n {2}from {3}id app1\n/m)
  })

  test('keys come from files and from standard input', async () => {
    for (const [id, file, input, algorithms] of [
      ['from-pem', '-', rsa.pem, 'RS256'],
      ['from-jwk', 'key.jwk', undefined, 'ES256'],
      ['from-jwks', 'keys.jwks', undefined, 'RS256, ES256'],
      ['from-input', '-', JSON.stringify({ keys: [p256.jwk] }), 'ES256'],
    ] as const) {
      const { code, stderr } = await run(`clients create ${id} --key ${file}`, input)
      assert.equal(code, 0, stderr)
      assert.ok(stderr.includes(`client ${id} (${algorithms})`), stderr)
    }
    const taken = await run('clients create from-jwk --key key.jwk')
    assert.equal(taken.code, 5)
    assert.match(taken.stderr, /^error: There is a client with this id\n {2}from {3}id from-jwk$/m)
  })

  test('a private key goes nowhere, and the line says how to get the public half', async () => {
    for (const [file, input, named] of [
      ['app1.key', '', 'app1.key'],
      ['private.jwks', '', 'private.jwks'],
      ['-', rsa.privatePem, 'KEY'],
    ] as const) {
      // Nobody listens there: nothing was sent.
      const line = `clients create leaky --key ${file} --url http://127.0.0.1:1`
      const { code, stdout, stderr } = await run(line, input)
      assert.equal(code, 2)
      assert.equal(stdout, '')
      assert.equal(
        stderr,
        `error: this is a private key: only its public half is registered
  from   --key ${file}
  try    openssl pkey -in ${named} -pubout    prints the public half
`,
      )
    }
  })

  test('wrong wishes are refused before anything is opened', async () => {
    const create = 'clients create app9 --key app1.pub.pem'
    const lines = [
      'clients create app9',
      'clients create ../app --key app1.pub.pem',
      'clients create app9 --key missing.pem',
      'clients create app9 --key .',
      `${create} --nbf 10`,
      `${create} --nbf 25h`,
      `${create} --ttl 0s`,
      `${create} --ttl soon`,
      `${create} --max-uses 0`,
      `${create} --aud é`,
      'clients update app9',
    ]
    for (const { code, stdout, stderr } of await Promise.all(lines.map((line) => run(line)))) {
      assert.equal(code, 2, stderr)
      assert.equal(stdout, '')
      assert.ok(stderr.startsWith('error: '), stderr)
    }
    const { code, stderr } = await run('clients create app9 --key -', 'my key')
    assert.equal(code, 2)
    assert.match(stderr, /^error: there is no key: give PEM, a JWK or a JWK Set$/m)
    const order = await run(`${create} --nbf 30s --ttl 30s`)
    assert.equal(order.code, 2)
    assert.match(order.stderr, /not_before_seconds must be less than lifetime_seconds/)
  })

  test('show and list say what a client is given, for people and as JSON', async () => {
    const options = '--nbf 0s --ttl 5m --max-uses 3 --aud https://api.example.com --strict'
    await run(`clients create shown --key key.jwk ${options}`)
    const shown = await run('clients show shown')
    assert.match(shown.stdout, /^NBF +0s after the login$/m)
    assert.match(shown.stdout, /^TTL +300s after the login$/m)
    assert.match(shown.stdout, /^STRICT +yes$/m)
    assert.match(shown.stdout, /^KID +ALG +REGISTERED\nkey-1 +ES256 +\S/m)
    const client = JSON.parse((await run('clients show shown --json')).stdout)
    assert.deepEqual([client.max_uses, client.audience], [3, 'https://api.example.com'])
    assert.equal(client.keys[0].jwk.x, p256.jwk.x)

    const { keys, ...listed } = client
    const { items } = JSON.parse((await run('clients list --json')).stdout)
    assert.deepEqual(
      items.find(({ id }: { id: string }) => id === 'shown'),
      listed,
    )
    const { stdout } = await run('clients list')
    assert.match(stdout, /^ID +STATE +NBF +TTL +USES +STRICT +AUDIENCE +CREATED\n/)
    assert.match(stdout, /^shown +active +0s +300s +3 +yes +https:\/\/api\.example\.com +\S/m)
    assert.ok((await run('clients list -q')).stdout.split('\n').includes('shown'))
    assert.equal((await run('clients show nobody')).code, 4)
  })

  test('update changes what is named and nothing else', async () => {
    await run('clients create changed --key key.jwk --max-uses 3 --aud a --strict')
    const made = JSON.parse((await run('clients show changed --json')).stdout)
    const line = ['clients', 'update', 'changed', '--ttl', '1m', '--max-uses', 'any', '--aud', '']
    const { code, stdout } = await jotter([...line, '--no-strict', '--json'])
    assert.equal(code, 0)
    const changed = JSON.parse(stdout)
    const wanted = { lifetime_seconds: 60, max_uses: null, audience: null, strict: false }
    assert.deepEqual(changed, { ...made, ...wanted, updated_at: changed.updated_at })
  })

  test('the same commands work on the server elsewhere', async () => {
    assert.equal((await remotely('clients create far --key -', rsa.pem)).code, 0)
    assert.equal((await remotely('clients update far --ttl 40s')).code, 0)
    assert.equal((await remotely('clients disable far')).code, 0)
    const far = await remotely('clients show far --json')
    assert.equal(far.stdout, (await run('clients show far --json')).stdout)
    assert.deepEqual(
      [JSON.parse(far.stdout).lifetime_seconds, JSON.parse(far.stdout).disabled],
      [40, true],
    )
    assert.equal((await remotely('clients create far --key key.jwk')).code, 5)
    assert.equal((await remotely('clients delete far')).code, 0)
    assert.equal((await remotely('clients show far')).code, 4)
    const list = await remotely('clients list --json')
    assert.equal(list.stdout, (await run('clients list --json')).stdout)
  })
})
