/**
 * What signing and checking a token costs, beside `node:crypto` itself and other libraries: in one
 * process, in interleaved slices. Progress goes to stderr, the result to stdout.
 *
 *     npm run bench:tokens
 *     npm run bench:tokens -- --only HS256,ES256 --rounds 7 --slice 200 --multi 2 --json
 *
 * @module
 */
import { tmpdir } from 'node:os'
import { parseArgs } from 'node:util'
import type { TokensResult } from './docs/results.ts'
import { describeMachine, machineLine, versionsOf } from './machine.ts'
import { whole } from './options.ts'
import { textTable } from './table.ts'
import { checkLibrary } from './tokens/check.ts'
import { claimsAt } from './tokens/claims.ts'
import { ALGORITHMS, type Keys, makeKeys } from './tokens/keys.ts'
import { LIBRARIES } from './tokens/libraries.ts'
import { opensslSpeed } from './tokens/openssl.ts'
import { rawSign, rawSignElsewhere, rawVerify } from './tokens/raw.ts'
import { OPENSSL_COLUMNS, rowsOf, TOKEN_COLUMNS, type TokenRow } from './tokens/report.ts'
import { type Contestant, cpuSlices, rateSlices } from './tokens/slices.ts'

/** Twice libuv's threads: none of them waits. */
const IN_FLIGHT = 8
const RATE_MS = 250

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    slice: { type: 'string', default: '200' },
    only: { type: 'string', default: ALGORITHMS.join(',') },
    multi: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
})
const options = { rounds: whole(values.rounds, 1), milliseconds: whole(values.slice, 1) }
const multi = whole(values.multi, 1)
const claims = claimsAt(Math.floor(Date.now() / 1000))

async function measure(keys: Keys): Promise<TokenRow[]> {
  const { jotter: ours } = LIBRARIES
  const reference = (await ours?.(keys)) as Parameters<typeof checkLibrary>[2]
  const token = await reference.sign(claims)
  const signing: Contestant[] = [{ name: 'raw', run: rawSign(keys, token) }]
  const checking: Contestant[] = [{ name: 'raw', run: rawVerify(keys, token) }]
  for (const [name, prepare] of Object.entries(LIBRARIES)) {
    const library = await prepare(keys)
    if (library === undefined) continue
    await checkLibrary(`${name} ${keys.alg}`, library, reference, claims)
    const { sign, verify } = library
    if (sign !== undefined) signing.push({ name, run: () => sign(claims) })
    checking.push({ name, run: () => verify(token) })
  }
  const elsewhere = [
    { name: 'raw', run: rawSignElsewhere(keys, token) },
    ...signing.filter(({ name }) => name !== 'raw'),
  ]
  const rates =
    keys.privateKey.asymmetricKeyType === 'rsa'
      ? await rateSlices(elsewhere, { ...options, milliseconds: RATE_MS }, IN_FLIGHT)
      : undefined
  return [
    ...rowsOf(keys.alg, 'sign', await cpuSlices(signing, options), rates),
    ...rowsOf(keys.alg, 'verify', await cpuSlices(checking, options)),
  ]
}

const rows: TokenRow[] = []
for (const alg of values.only.split(',')) {
  const keys = makeKeys(alg)
  process.stderr.write(keys === undefined ? `${alg}: not in this Node\n` : `${alg}\n`)
  if (keys !== undefined) rows.push(...(await measure(keys)))
}
const openssl = await opensslSpeed(multi === 1 ? [1] : [1, multi])
const machine = describeMachine(tmpdir())
const versions = versionsOf('fast-jwt', 'jose', 'jsonwebtoken')
const opensslText =
  openssl === undefined
    ? 'openssl speed: no openssl here'
    : `${openssl.version}\n${textTable(OPENSSL_COLUMNS, openssl.rows)}`
const text = [textTable(TOKEN_COLUMNS, rows), opensslText, machineLine(machine)].join('\n\n')
const result: TokensResult = { bench: 'tokens', machine, versions, rows, openssl }
process.stdout.write(`${values.json ? JSON.stringify(result) : text}\n`)
