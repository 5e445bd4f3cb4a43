/**
 * What OpenSSL's own benchmark says of this machine, where its command is installed. It is not the
 * library inside Node, and may be of another version: a bearing, not a floor.
 *
 * @module
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** `openssl speed` calls them by other names. */
const NAMES = { RS256: 'rsa2048', ES256: 'ecdsap256', EdDSA: 'ed25519' } as const

const FIGURES = /^\+F\d:\d+:\d+:(?:Ed25519:)?([\d.]+):([\d.]+)$/gm

export interface OpensslRow {
  readonly alg: string
  /** 1, or as many as `-multi` was asked for. */
  readonly processes: number
  readonly signsPerSecond: number
  readonly verifiesPerSecond: number
}

export interface OpensslFigures {
  readonly version: string
  readonly rows: readonly OpensslRow[]
}

const run = async (...args: string[]) =>
  (await promisify(execFile)('openssl', args, { timeout: 30_000 })).stdout

async function speed(alg: keyof typeof NAMES, processes: number): Promise<OpensslRow> {
  const multi = processes > 1 ? ['-multi', String(processes)] : []
  const output = await run('speed', '-mr', '-seconds', '1', ...multi, NAMES[alg])
  // With -multi the sum is last, behind a line of each process.
  const [, sign, verify] = [...output.matchAll(FIGURES)].at(-1) ?? []
  if (sign === undefined) throw new Error(`openssl speed said: ${output}`)
  return { alg, processes, signsPerSecond: Number(sign), verifiesPerSecond: Number(verify) }
}

/** `undefined` when there is no `openssl` here. Takes 2 s for each row. @throws {Error} */
export async function opensslSpeed(
  processes: readonly number[],
): Promise<OpensslFigures | undefined> {
  const version = await run('version').catch((error) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (version === undefined) return undefined
  const rows: OpensslRow[] = []
  for (const count of processes) {
    for (const alg of Object.keys(NAMES)) rows.push(await speed(alg as keyof typeof NAMES, count))
  }
  return { version: version.trim(), rows }
}
