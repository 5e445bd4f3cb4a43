/** The keys that a token is checked with, as a line of `jotter token verify` names them. */

import { readFileSync } from 'node:fs'
import {
  demandSet,
  importKey,
  type Key,
  KeyError,
  type KeyInput,
  parseStrictJson,
} from '@jotter/token'
import type { Context } from './context.ts'
import { CliError } from './failure.ts'
import { EXIT, type Io, warn } from './io.ts'

/**
 * The key of `-S`: `text`, `env:NAME` or `@file`, each also in base64 after `b64:`.
 *
 * @throws {CliError} With the usage code. No part of the secret is in its message.
 */
export function readSecret(context: Context, text: string, alg = 'HS256'): Key {
  const encoded = text.startsWith('b64:')
  const named = encoded ? text.slice('b64:'.length) : text
  const source = named.startsWith('@') || named.startsWith('env:') ? `-S ${text}` : '-S'
  const secret = secretText(context, named, source)
  return load(context.io, { secret, alg, encoding: encoded ? 'base64' : 'utf8' }, source)
}

/**
 * The keys of a file: a JWK, a set of them (RFC 7517 §5), or PEM.
 *
 * @param alg For keys that do not name theirs.
 * @throws {CliError} With the usage code.
 */
export function readKeys({ io }: Context, path: string, alg: string | undefined): readonly Key[] {
  const source = `--key ${path}`
  return keysOfText(io, readFile(path, source), alg, source)
}

/** The same of a text. @throws {CliError} With the usage code; no part of the text is in it. */
export function keysOfText(
  io: Io,
  text: string,
  alg: string | undefined,
  source: string,
): readonly Key[] {
  const inputs = text.includes('-----BEGIN ') ? [pem(text, alg, source)] : jwks(text, source)
  if (inputs.length === 0) {
    throw new CliError(EXIT.usage, 'the set holds no key', { from: source })
  }
  const keys = inputs.map((input) =>
    load(io, { ...(alg !== undefined && { alg }), ...input }, source),
  )
  try {
    return demandSet(keys)
  } catch (error) {
    if (error instanceof KeyError) throw new CliError(EXIT.usage, error.message, { from: source })
    throw error
  }
}

function secretText({ environment }: Context, named: string, source: string): string {
  // A file usually ends with a newline that is not part of the secret.
  if (named.startsWith('@')) return readFile(named.slice(1), source).replace(/\r?\n$/, '')
  if (!named.startsWith('env:')) return named
  const value = environment[named.slice('env:'.length)]
  if (value !== undefined) return value
  throw new CliError(EXIT.usage, 'the variable of the secret is not set', { from: source })
}

function pem(text: string, alg: string | undefined, source: string): KeyInput {
  if (alg !== undefined) return { pem: text, alg }
  throw new CliError(EXIT.usage, 'a PEM file does not name its algorithm', {
    from: source,
    remedy: 'give --alg as well',
  })
}

function jwks(text: string, source: string): KeyInput[] {
  try {
    const document = parseStrictJson(Buffer.from(text)) as { keys?: KeyInput[] } & KeyInput
    return Array.isArray(document.keys) ? document.keys : [document]
  } catch {
    // Without its cause, which may quote the key.
    throw new CliError(EXIT.usage, 'the file is neither a JWK nor PEM', { from: source })
  }
}

/** What a service must not take is still worth a check here, with a word about it. */
function load(io: Io, input: KeyInput, source: string): Key {
  try {
    return importKey(input)
  } catch (error) {
    if (!(error instanceof KeyError)) throw error
    if (error.reason !== 'too_short' && error.reason !== 'published') {
      throw new CliError(EXIT.usage, error.message, { from: source })
    }
    warn(io, error.message)
    return importKey(input, { allowShortSecret: true })
  }
}

export function readFile(path: string, source: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new CliError(EXIT.usage, `cannot read ${path}: ${code}`, { from: source })
  }
}
