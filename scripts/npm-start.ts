/**
 * How `npm start` starts the service, read from its script: what warms its cache and what measures it
 * use the same flags, and can not drift.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')

interface NodeCommand {
  /** Arguments of `node`, its own flags first. */
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** @throws {Error} When the script is not `NAME=VALUE... exec node ARGUMENT...`, without quotes. */
function parseScript(script: string): NodeCommand {
  const [, variables, command] = /^((?:\w+=\S+ )*)exec node ([^'"$;&|<>]+)$/.exec(script) ?? []
  if (variables === undefined || command === undefined) throw new Error(`not read: ${script}`)
  // Paths are the checkout's, wherever the process runs.
  const absolute = (word: string) => (/^\w[^=]*\//.test(word) ? join(ROOT, word) : word)
  const env = variables
    .split(' ')
    .filter(Boolean)
    .map((word) => word.split('='))
  return {
    args: command.split(' ').map(absolute),
    env: Object.fromEntries(env.map(([name, value]) => [name, absolute(value ?? '')])),
  }
}

const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))

/** Arguments and variables of `npm start`, with absolute paths. */
export const NPM_START = parseScript(scripts.start)
