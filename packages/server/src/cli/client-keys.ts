/** The public keys of a client, as a line of `jotter clients create` names them. */
import { readFileSync } from 'node:fs'
import { parseStrictJson } from '@jotter/token'
import { type GivenKeys, readGivenKeys } from '../clients/keys.ts'
import { ServiceError } from '../errors.ts'
import type { Context } from './context.ts'
import { CliError } from './failure.ts'
import { EXIT } from './io.ts'

/**
 * PEM, a JWK or a set of them, in a file or, for `-`, on standard input. Looked at here already: a
 * private key goes nowhere, to no server either.
 *
 * @throws {CliError} With the usage code. No part of a key is in its message.
 */
export async function readClientKeys(context: Context, path: string): Promise<GivenKeys> {
  const from = `--key ${path}`
  const text = path === '-' ? await context.readInput() : readFile(path, from)
  const given = text.includes('-----BEGIN ') ? { public_key: text } : readJson(text, from)
  try {
    readGivenKeys(given)
    return given
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error
    if (error.code === 'private_key_refused') {
      throw new CliError(EXIT.usage, 'this is a private key: only its public half is registered', {
        from,
        remedy: `openssl pkey -in ${path === '-' ? 'KEY' : path} -pubout    prints the public half`,
      })
    }
    const [{ detail } = { detail: error.message }] = error.fields ?? []
    throw new CliError(EXIT.usage, `the key cannot be used: ${detail}`, { from })
  }
}

function readJson(text: string, from: string): GivenKeys {
  try {
    const document = parseStrictJson(text) as Record<string, unknown>
    if (Array.isArray(document.keys)) return { jwks: { keys: document.keys } }
    if (typeof document === 'object' && !Array.isArray(document)) return { jwk: document }
  } catch {
    // Without its cause, which may quote the key.
  }
  throw new CliError(EXIT.usage, 'there is no key: give PEM, a JWK or a JWK Set', { from })
}

function readFile(path: string, from: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new CliError(EXIT.usage, `cannot read ${path}: ${code}`, { from })
  }
}
