/**
 * The load as a process of its own: it must not take the time of whoever measures, nor be stopped by it.
 *
 * @module
 */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { LoadResult } from './load.ts'
import { endWithUs, type RunningServer } from './process.ts'

const LOAD = join(import.meta.dirname, 'load.ts')

export interface LoadArguments {
  readonly connections: number
  readonly seconds: number
  /** Seconds before anything is counted. */
  readonly warmup: number
  /** After so many it ends sooner. */
  readonly answers?: number
  /** File of the requests; without it tokens are asked for. */
  readonly requests?: string
}

/** @throws {Error} When the load fails, or takes longer than it may. */
export function loadServer(server: RunningServer, options: LoadArguments): Promise<LoadResult> {
  return loadNodes([server], options)
}

/**
 * The connections are shared out evenly among `nodes`.
 *
 * @throws {Error} When the load fails, or takes longer than it may.
 */
export async function loadNodes(
  nodes: readonly RunningServer[],
  options: LoadArguments,
): Promise<LoadResult> {
  const [url, pid] = [nodes.map((node) => node.url), nodes.map((node) => node.pid)]
  const args = Object.entries({ url, pid, ...options }).flatMap(([k, v]) => [`--${k}`, String(v)])
  const timeout = (options.warmup + options.seconds + 20) * 1000
  const load = promisify(execFile)(process.execPath, [LOAD, ...args], { timeout })
  endWithUs(load.child)
  return JSON.parse((await load).stdout)
}
