/** Keys as commands write them: to stdout, or into a file that only its owner reads. */
import { writeFileSync } from 'node:fs'
import { type Key, privateJwk, privatePem, publicJwk } from '@jotter/token'
import { CliError } from './failure.ts'
import { EXIT, jsonText } from './io.ts'

export const publicText = (key: Key, pem: boolean): string =>
  pem ? (key.keyObject.export({ format: 'pem', type: 'spki' }) as string) : jsonText(publicJwk(key))

export const privateText = (key: Key, pem: boolean): string =>
  pem ? privatePem(key) : jsonText(privateJwk(key))

/** @throws {CliError} With the conflict code for a file that is there: it may be the only copy of a key. */
export function writeKeyFile(path: string, text: string): void {
  try {
    writeFileSync(path, text, { mode: 0o600, flag: 'wx', flush: true })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const exists = code === 'EEXIST'
    throw new CliError(
      exists ? EXIT.conflict : EXIT.usage,
      exists ? `${path} exists, and is not overwritten` : `cannot write ${path}: ${code}`,
      { from: `--out ${path}` },
    )
  }
}
