/**
 * The life of a server under measurement: start it, learn its address, end it.
 *
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Server } from './servers.ts'

const START_TIMEOUT = 60_000
const STOP_TIMEOUT = 15_000

const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})
// Not `once`: npm passes on a signal that the terminal has sent to all of us already, and the second
// one would end the process in the middle of tidying up.
process.on('SIGINT', () => process.exit(130))
process.on('SIGTERM', () => process.exit(143))

export interface RunningServer extends AsyncDisposable {
  readonly pid: number
  readonly url: string
}

/** Ends `child` with this process, unless this process is killed itself. */
export function endWithUs(child: ChildProcess) {
  running.add(child)
  child.once('exit', () => running.delete(child))
}

/** A new folder below the system's temporary folder, removed when this process ends. */
export function temporaryFolder() {
  const dir = mkdtempSync(join(tmpdir(), 'jotter-bench-'))
  process.once('exit', () => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }))
  return dir
}

/**
 * Starts `server` with its data in `dir`, or in the database at `databaseUrl`, and waits until it says
 * where it listens.
 *
 * @throws {Error} With the end of its output, when it stops before that or takes over a minute.
 */
export async function startServer(
  server: Server,
  dir: string,
  databaseUrl?: string,
): Promise<RunningServer> {
  const child = spawn(process.execPath, [...server.args, '--port', '0', '--data', dir], {
    // No other variable and no `.env` file: the settings of whoever runs this are not measured.
    cwd: dir,
    env: { PATH: process.env.PATH, DATABASE_URL: databaseUrl, ...server.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  endWithUs(child)
  const url = await address(child)
  return {
    pid: child.pid ?? 0,
    url,
    [Symbol.asyncDispose]: () => stop(child),
  }
}

function address(child: ChildProcess) {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let output = ''
  const fail = (why: string) => reject(new Error(`${child.spawnargs.join(' ')} ${why}\n${output}`))
  const timer = setTimeout(() => {
    child.kill('SIGKILL')
    fail(`said no address within ${START_TIMEOUT / 1000} s`)
  }, START_TIMEOUT)
  const listen = (chunk: Buffer) => {
    // Read to the end of its life, or a full pipe would stop it; only the last part is kept.
    output = (output + chunk).slice(-8192)
    const [, url] = /"address":"(http:\/\/[^"]+)"/.exec(output) ?? []
    if (url === undefined) return
    clearTimeout(timer)
    resolve(url)
  }
  child.stdout?.on('data', listen)
  child.stderr?.on('data', listen)
  child.once('error', (error) => fail(error.message))
  child.once('exit', (code, signal) => {
    clearTimeout(timer)
    fail(`ended with ${signal ?? code}`)
  })
  return promise
}

async function stop(child: ChildProcess) {
  if (child.exitCode !== null || child.signalCode !== null) return
  const { promise, resolve } = Promise.withResolvers<void>()
  child.once('exit', () => resolve())
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT)
  await promise
  clearTimeout(timer)
}
