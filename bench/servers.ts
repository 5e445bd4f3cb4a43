/**
 * What is measured, one row each: the floors, a peer and the service. Order is the order of a round.
 *
 * @module
 */
import { join } from 'node:path'
import { NPM_START } from '../scripts/npm-start.ts'
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
  /** Processes of it, 1 by default, which share the database and the connections of the load. */
  readonly nodes?: number
  readonly fill?: Fill
}

const floor = (file: string) => join(import.meta.dirname, 'floors', file)
const EXPRESS = join(import.meta.dirname, 'peers/express.ts')
const NO_STORE = join(import.meta.dirname, 'no-store.ts')

const service = {
  args: NPM_START.args,
  // The limits do their work at every request and refuse none.
  env: {
    ...NPM_START.env,
    JOTTER_RATE_LIMIT: '1000000/second',
    JOTTER_RATE_LIMIT_PHONE: '1000000/minute',
  },
}
const flags = NPM_START.args.filter((arg) => arg.startsWith('--'))

export const SERVERS = {
  none: { args: [floor('none.ts')], durable: false },
  group: { args: [floor('group.ts')], durable: true, fill: fillTable },
  worker: { args: [floor('worker.ts')], durable: true, fill: fillTable },
  express: { args: [EXPRESS], durable: true, fill: fillTable },
  jotter: { ...service, durable: true, fill: fillService },
  pg: { args: [floor('pg.ts')], durable: true, postgres: true },
  'jotter-pg': { ...service, durable: true, postgres: true },
  'jotter-pg-2': { ...service, durable: true, postgres: true, nodes: 2 },
  'no-store': { ...service, args: [...flags, NO_STORE], durable: false },
} as const satisfies Record<string, Server>

export type ServerName = keyof typeof SERVERS

/** Those that bring their own database. */
export const BY_DEFAULT = Object.keys(SERVERS).filter((name) => !onPostgres(name))

/** The floors that a server is compared with: those on the same engine. */
export const durableFloors = (name: string): ServerName[] =>
  onPostgres(name) ? ['pg'] : ['group', 'worker']

function onPostgres(name: string): boolean {
  const server: Server | undefined = SERVERS[name as ServerName]
  return server?.postgres === true
}

/** The servers of `--only`, a list with commas, in the order of the table. @throws {Error} */
export function serversOf(only: string): ServerName[] {
  const all = Object.keys(SERVERS) as ServerName[]
  const asked = only.split(',')
  const unknown = asked.find((name) => !all.includes(name as ServerName))
  if (unknown !== undefined) throw new Error(`no server "${unknown}", only ${all.join(', ')}`)
  return all.filter((name) => asked.includes(name))
}
