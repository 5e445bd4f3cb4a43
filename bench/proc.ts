/**
 * What the system says about a process: `/proc` on Linux, `undefined` anywhere else.
 *
 * @module
 */
import { readFileSync } from 'node:fs'

function read(path: string) {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return undefined
  }
}

/** Microseconds of CPU that the process has used, all its threads, in user and system mode. */
export function cpuMicros(pid: number): number | undefined {
  // The name in brackets may hold spaces; utime and stime are the 12th and 13th field behind it.
  const fields = read(`/proc/${pid}/stat`)?.split(') ').at(-1)?.split(' ')
  if (fields === undefined) return undefined
  // Ticks of a hundredth of a second: USER_HZ is 100 on every Linux that Node runs on.
  return (Number(fields[11]) + Number(fields[12])) * 10_000
}

/** Resident memory in MiB. */
export function residentMiB(pid: number): number | undefined {
  const [, kib] = /^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`) ?? '') ?? []
  return kib === undefined ? undefined : Number(kib) / 1024
}
