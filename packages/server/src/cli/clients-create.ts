import { isClientId } from '../clients/names.ts'
import { addTargetOptions, openAdmin } from './admin.ts'
import { readClientKeys } from './client-keys.ts'
import { addPolicyOptions, type PolicyOptions, readPolicy } from './client-options.ts'
import type { CliCommand } from './command.ts'
import { naming, serviceFailure } from './failure.ts'
import { EXIT, jsonText, printable, suggest } from './io.ts'
import { addJson } from './options.ts'

interface Options extends PolicyOptions {
  key: string
  json?: true
}

export const clientsCreate: CliCommand = {
  examples: [
    'jotter clients create app1 --key app1.pub.pem --nbf 10s --ttl 30s',
    'openssl pkey -in app1.key -pubout | jotter clients create app1 --key -',
  ],

  shape(command) {
    command
      .argument('<id>', 'what it says in iss')
      .requiredOption(
        '--key <file>',
        'its public key: PEM, a JWK or a JWK Set; - is standard input',
      )
    addPolicyOptions(command)
    addJson(command)
    addTargetOptions(command)
  },

  async run(context, command) {
    const { io } = context
    const id = command.args[0] as string
    const { key, json, ...options } = command.opts<Options>()
    if (!isClientId(id)) throw serviceFailure('client_id_invalid', { from: `id ${id}` })
    const policy = readPolicy(options)
    const keys = await readClientKeys(context, key)

    await using admin = await openAdmin(context, command)
    const client = await naming(`id ${id}`, admin.createClient(id, keys, policy))
    io.out(json ? jsonText(client) : `${printable(client.id)}\n`)
    const algorithms = client.keys.map(({ alg }) => alg).join(', ')
    const [begin, end] = [client.not_before_seconds, client.lifetime_seconds]
    const line = `client ${client.id} (${algorithms}): tokens for ${begin} s to ${end} s after the login`
    io.err(`${printable(line)}\n`)
    suggest(io, `jotter clients show ${client.id}`)
    return EXIT.done
  },
}
