/**
 * The service and its clients as processes of their own, so that a test can end them as the world
 * does. Everything runs in one folder below the system's temporary folder; what still runs when the
 * test is over is killed by its pid, and the folder goes with it.
 */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { NPM_START } from '../../scripts/npm-start.ts'
import './interrupted.ts'
import { ADMIN_KEY, CUSTOMER } from './service.ts'

const MAIN = fileURLToPath(new URL('../../packages/server/src/cli/main.ts', import.meta.url))
const START_TIMEOUT_MS = 30_000
/** Of the output of a server, for the message when it fails. */
const OUTPUT_KEPT = 16_384

export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
}

export interface Sandbox {
  readonly folder: string
  /** A process that does not outlive the test. */
  run(command: string, args: readonly string[], options?: SpawnOptions): ChildProcess
}

interface ServerOptions {
  /** Added to settings that limit nothing and know the customer, its key and the admin key. */
  environment?: Readonly<Record<string, string>>
  /** A command that executes the one behind it, such as `nice`. */
  under?: readonly string[]
}

export interface ServerProcess {
  readonly pid: number
  /** Where it listens, as `http://127.0.0.1:7519`. */
  readonly address: string
  readonly exited: Promise<Exit>
  /** The last of what it wrote. */
  output(): string
  /** Sends `signal` and waits for the end. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<Exit>
}

export function openSandbox(t: TestContext): Sandbox {
  const folder = mkdtempSync(join(tmpdir(), 'jotter-fault-'))
  const running = new Map<ChildProcess, Promise<Exit>>()
  const killAll = () => {
    for (const child of running.keys()) child.kill('SIGKILL')
  }
  // When the test process ends before its hooks have run.
  const abandon = () => {
    killAll()
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
  }
  process.once('exit', abandon)
  t.after(async () => {
    killAll()
    await Promise.all(running.values())
    rmSync(folder, { recursive: true })
    process.off('exit', abandon)
  })
  return {
    folder,
    run(command, args, options = {}) {
      const child = spawn(command, args, { cwd: folder, ...options })
      running.set(
        child,
        exitOf(child).finally(() => running.delete(child)),
      )
      return child
    },
  }
}

/** Fulfils with how the process ended, or with nulls when it could not be started. */
export async function exitOf(child: ChildProcess): Promise<Exit> {
  if (child.exitCode === null && child.signalCode === null) {
    await once(child, 'exit').catch(() => {})
  }
  return { code: child.exitCode, signal: child.signalCode }
}

/**
 * Starts the service on a free port, with its data in the folder of `sandbox`, and waits until it
 * says where it listens.
 *
 * @throws {Error} With its output, when it ends before that.
 */
export async function startServer(
  sandbox: Sandbox,
  options: ServerOptions = {},
): Promise<ServerProcess> {
  const { child, output } = spawnServer(sandbox, options)
  const exited = exitOf(child)
  const failed = (why: string) => new Error(`the server ${why}:\n${output()}`)

  const address = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(failed('said no address')), START_TIMEOUT_MS)
    const listen = () => {
      const [, found] = /"address":"(https?:[^"]+)"/.exec(output()) ?? []
      if (found === undefined) return
      clearTimeout(timer)
      child.stdout?.off('data', listen)
      resolve(found)
    }
    child.stdout?.on('data', listen)
    exited.then(({ code, signal }) => {
      clearTimeout(timer)
      reject(failed(`ended with ${signal ?? code}`))
    })
  })
  return {
    pid: child.pid as number,
    address,
    exited,
    output,
    end(signal) {
      child.kill(signal)
      return exited
    },
  }
}

/** The same process before it listens, for tests that do not let it come that far. */
export function spawnServer(
  sandbox: Sandbox,
  { environment = {}, under = [] }: ServerOptions = {},
) {
  const [command, ...args] = [...under, process.execPath, '--conditions=source', MAIN, 'serve']
  const child = sandbox.run(command as string, args, {
    // Nothing else of this environment: the settings of whoever runs the tests do not count.
    env: {
      PATH: process.env.PATH,
      // Compiled once for all of them.
      ...NPM_START.env,
      ...CUSTOMER,
      JOTTER_ADMIN_KEY: ADMIN_KEY,
      JOTTER_PORT: '0',
      JOTTER_DATA: join(sandbox.folder, 'data'),
      JOTTER_RATE_LIMIT: 'off',
      JOTTER_RATE_LIMIT_KEY: 'off',
      JOTTER_RATE_LIMIT_PHONE: 'off',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let kept = ''
  const keep = (chunk: Buffer) => {
    // Read to the end of its life: a full pipe would stop it.
    kept = (kept + chunk).slice(-OUTPUT_KEPT)
  }
  child.stdout?.on('data', keep)
  child.stderr?.on('data', keep)
  return { child, output: () => kept }
}
