/**
 * The command as operators run it: a process of its own in a folder of its own, with nothing of
 * ours in its environment.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { NPM_START } from '../../scripts/npm-start.ts'

const MAIN = fileURLToPath(new URL('../../packages/server/src/cli/main.ts', import.meta.url))
const FROM_SOURCE = [process.execPath, '--conditions=source', MAIN]

type Environment = Readonly<Record<string, string | undefined>>

export interface Finished {
  code: number | null
  stdout: string
  stderr: string
}

export interface Running {
  /** Where it listens. */
  address: string
  /** What it has written so far. */
  written: { stdout: string; stderr: string }
  pid: number
  /** The key that a first start prints on stderr. */
  adminKey(): Promise<string>
  /** Ends it; the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

export interface Folder {
  path: string
  /** Runs a command to its end. */
  jotter(args: readonly string[], options?: RunOptions): Promise<Finished>
  /** Starts a command and waits for nothing. */
  start(
    args: readonly string[],
    environment?: Environment,
  ): { child: ChildProcess; written: Running['written'] }
  /** Starts `serve` on a free port and waits until it listens. */
  serve(environment?: Environment): Promise<Running>
}

interface RunOptions {
  environment?: Environment
  input?: string
}

/** A folder with nothing in it, and the command in it. It goes with its scope: a test or a suite. */
export function makeFolder(
  scope: { after(work: () => void): void },
  command: readonly string[] = FROM_SOURCE,
): Folder {
  const path = mkdtempSync(join(tmpdir(), 'jotter-cli-'))
  const children: ChildProcess[] = []
  scope.after(() => {
    for (const child of children) child.kill('SIGKILL')
    rmSync(path, { recursive: true, maxRetries: 5 })
  })

  function start(args: readonly string[], environment: Environment = {}) {
    const [file, ...before] = command as [string, ...string[]]
    const { PATH } = process.env
    const child = spawn(file, [...before, ...args], {
      cwd: path,
      env: { PATH, ...NPM_START.env, ...environment },
    })
    const written = { stdout: '', stderr: '' }
    child.stdout.on('data', (chunk) => {
      written.stdout += chunk
    })
    child.stderr.on('data', (chunk) => {
      written.stderr += chunk
    })
    children.push(child)
    return { child, written }
  }

  return {
    path,
    start,

    async jotter(args, { environment, input = '' } = {}) {
      const { child, written } = start(args, environment)
      child.stdin.end(input)
      const [code] = await once(child, 'close')
      return { code, ...written }
    },

    async serve(environment) {
      const { child, written } = start(['serve', '--port', '0'], environment)
      const closed = once(child, 'close')
      const listening = () => /"address":"([^"]+)"/.exec(written.stdout)?.[1]
      while (listening() === undefined) {
        const [event] = await Promise.race([once(child.stdout, 'data'), closed])
        if (typeof event === 'number') throw new Error(`it ended: ${written.stderr}`)
      }
      return {
        address: listening() as string,
        written,
        pid: child.pid as number,
        async adminKey() {
          const signal = AbortSignal.timeout(5000)
          // The two pipes are read as they come: what it said first may arrive second.
          for (;;) {
            const key = /admin key, shown this once: (\S+)\n/.exec(written.stderr)?.[1]
            if (key !== undefined) return key
            await once(child.stderr, 'data', { signal })
          }
        },
        async stop(signal = 'SIGTERM') {
          child.kill(signal)
          const [code] = await closed
          return code
        },
      }
    },
  }
}
