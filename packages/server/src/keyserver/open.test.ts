import assert from 'node:assert/strict'
import { test } from 'node:test'
import pino from 'pino'
import { keyPair } from '../../../../test/support/key-pairs.ts'
import { says, startKeyServer } from '../../../../test/support/key-server.ts'
import { readGivenKeys, toClientKey } from '../clients/keys.ts'
import { DEFAULT_POLICY } from '../clients/service.ts'
import { createMetrics } from '../operation/metrics.ts'
import { memoryClients } from '../stores/memory/clients.ts'
import { openKeySource } from './open.ts'

test('keys are those of our own clients, or of the server that KEYSERVER_URL names', async (t) => {
  const [own, theirs] = [keyPair('ec'), keyPair('ec')]
  const { port, asked } = await startKeyServer(t, says(200, theirs.pem))
  const clients = memoryClients()
  const keys = readGivenKeys({ public_key: own.pem }).map((key) => toClientKey(key, 0))
  const times = { createdAt: 0, updatedAt: 0 }
  await clients.insert({ ...DEFAULT_POLICY, ...times, id: 'app1', customerId: 'customer', keys })
  const metrics = createMetrics()
  const keyOf = async (KEYSERVER_URL: string | undefined) => {
    const log = pino({ level: 'silent' })
    const deps = { settings: { KEYSERVER_URL }, clients, metrics, log, monotonic: () => 0 }
    const [key] = (await (await openKeySource(deps)).keysOf('app1')) ?? []
    return key?.keyObject
  }
  assert.ok((await keyOf(undefined))?.equals(own.publicKey))
  assert.deepEqual(asked, [])
  assert.ok((await keyOf(`http://127.0.0.1:${port}/keys`))?.equals(theirs.publicKey))
  assert.deepEqual(asked, ['/keys?identity=app1'])
  assert.match(await metrics.text(), /jotter_key_server_seconds_count\{outcome="key"\} 1/)
})
