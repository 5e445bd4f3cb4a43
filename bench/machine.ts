/**
 * Where figures come from: without it they can not be compared with anything.
 *
 * @module
 */
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { cpus } from 'node:os'
import { join, relative } from 'node:path'
import { median } from './median.ts'

export interface Machine {
  /** The day, as 2026-11-22. */
  readonly date: string
  readonly cpu: string
  readonly cores: number
  readonly node: string
  /** Microseconds for 4 KiB to be on the disk that holds the data: what one commit waits for. */
  readonly syncMicros: number
  readonly command: string
}

/** About this machine, this process, and the disk of the existing folder `dir`. */
export function describeMachine(dir: string): Machine {
  const [script = '', ...args] = process.argv.slice(1)
  const command = ['node', ...process.execArgv, relative(process.cwd(), script), ...args]
  return {
    date: new Date().toISOString().slice(0, 10),
    cpu: cpus()[0]?.model.trim() ?? 'unknown CPU',
    cores: cpus().length,
    node: process.version,
    syncMicros: syncMicros(dir),
    command: command.join(' '),
  }
}

/** The machine as one line. */
export function machineLine({ cpu, cores, node, syncMicros, command }: Machine) {
  return `${cpu}, ${cores} cores; fsync ${syncMicros} us; node ${node}; ${command}`
}

/** Of packages that are installed. */
export const versionsOf = (...names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, versionOf(name)]))

function versionOf(name: string) {
  const file = join(import.meta.dirname, '../node_modules', name, 'package.json')
  return JSON.parse(readFileSync(file, 'utf8')).version
}

function syncMicros(dir: string) {
  const file = openSync(join(dir, 'sync'), 'w')
  const page = Buffer.alloc(4096, 1)
  const took = Array.from({ length: 50 }, () => {
    const start = performance.now()
    writeSync(file, page)
    fsyncSync(file)
    return (performance.now() - start) * 1000
  })
  closeSync(file)
  return Math.round(median(took))
}
