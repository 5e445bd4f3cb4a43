/**
 * What is measured, one row each: the floors and the service. Order is the order of a round.
 *
 * @module
 */
import { join } from 'node:path'
import { fillTable } from './floors/table.ts'
import type { Fill } from './history.ts'
import { fillService } from './service-table.ts'

export interface Server {
  /** Arguments of `node`; `--port` and `--data` follow. */
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Whether a token that was sent is on the disk, so that `--rows` has a meaning. */
  readonly durable: boolean
  /** Whether it keeps its rows in a PostgreSQL that is started beside it. */
  readonly postgres?: true
  readonly fill?: Fill
}

const floor = (file: string) => join(import.meta.dirname, 'floors', file)
const NO_STORE = join(import.meta.dirname, 'no-store.ts')
const JOTTER = join(import.meta.dirname, '../packages/server/src/cli/main.ts')

const service = {
  args: ['--conditions=source', JOTTER, 'serve'],
  // The limits do their work at every request and refuse none.
  env: {
    JOTTER_RATE_LIMIT: '1000000/second',
    JOTTER_RATE_LIMIT_PHONE: '1000000/minute',
    NODE_COMPILE_CACHE: join(import.meta.dirname, '../node_modules/.cache/jotter'),
  },
}

export const SERVERS = {
  none: { args: [floor('none.ts')], durable: false },
  group: { args: [floor('group.ts')], durable: true, fill: fillTable },
  worker: { args: [floor('worker.ts')], durable: true, fill: fillTable },
  jotter: { ...service, durable: true, fill: fillService },
  pg: { args: [floor('pg.ts')], durable: true, postgres: true },
  'jotter-pg': { ...service, durable: true, postgres: true },
  'no-store': { ...service, args: ['--conditions=source', NO_STORE], durable: false },
} as const satisfies Record<string, Server>

export type ServerName = keyof typeof SERVERS

/** The servers of `--only`, a list with commas, in the order of the table. @throws {Error} */
export function serversOf(only: string): ServerName[] {
  const all = Object.keys(SERVERS) as ServerName[]
  const asked = only.split(',')
  const unknown = asked.find((name) => !all.includes(name as ServerName))
  if (unknown !== undefined) throw new Error(`no server "${unknown}", only ${all.join(', ')}`)
  return all.filter((name) => asked.includes(name))
}
