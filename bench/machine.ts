/**
 * Where figures come from: without it they can not be compared with anything.
 *
 * @module
 */
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { cpus } from 'node:os'
import { join, relative } from 'node:path'
import { median } from './median.ts'

interface Machine {
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
