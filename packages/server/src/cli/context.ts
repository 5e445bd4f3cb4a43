import { existsSync, readFileSync } from 'node:fs'
import { isatty } from 'node:tty'
import type { Logger } from 'pino'
import type { Rule } from '../settings-rules.ts'
import { type ReadSettings, readSettings } from '../settings-sources.ts'
import type { Io } from './io.ts'
import { logSink } from './log-sink.ts'
import { askHidden } from './secret-prompt.ts'

/** What commands get from the process they run in. Nothing below `cli/` knows its environment, clock or output. */
export interface Context {
  io: Io
  version: string
  /** The runtime, as `v26.10.0`. */
  node: string
  environment: Readonly<Record<string, string | undefined>>
  /** Epoch milliseconds. */
  now: () => number
  /** Milliseconds of a clock that is never set back. */
  monotonic: () => number
  /** @param rules Besides those of every command. */
  settings(flags?: Record<string, string | undefined>, rules?: readonly Rule[]): ReadSettings
  /** All of standard input, as text. */
  readInput(): Promise<string>
  /** Standard input as it comes. */
  input(): AsyncIterable<Uint8Array>
  /** Answers typed on the terminal, which shows nothing of them; undefined where there is none. */
  askHidden(prompts: readonly string[]): Promise<string[] | undefined>
  logger(level: string): Promise<Logger>
  /**
   * Fulfils with the first SIGTERM or SIGINT; a later one ends the process at once. SIGHUP calls
   * `reload`, unless it says that the terminal is gone: then it is a stop as well.
   */
  stopSignal(reload: () => void): Promise<NodeJS.Signals>
}

/** npm passes on the Ctrl-C that the terminal has sent to us as well: these two are one. */
const SAME_KEYSTROKE_MS = 1000

export function processContext(options: { color: boolean }): Context {
  const { version } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  ) as { version: string }
  return {
    io: processIo(options),
    version,
    node: process.version,
    environment: process.env,
    now: Date.now,
    monotonic: () => performance.now(),
    settings: (flags = {}, rules = []) =>
      readSettings({
        flags,
        environment: process.env,
        readFile: (path) => readFileSync(path, 'utf8'),
        dotEnv: () => (existsSync('.env') ? readFileSync('.env', 'utf8') : undefined),
        rules,
      }),
    async readInput() {
      const chunks: Buffer[] = []
      for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
      return Buffer.concat(chunks).toString('utf8')
    },
    input: () => process.stdin,
    askHidden: async (prompts) => {
      const tell = (text: string) => void process.stderr.write(text)
      return process.stdin.isTTY ? askHidden(process.stdin, tell, prompts) : undefined
    },
    async logger(level) {
      const { default: pino } = await import('pino')
      return pino(
        {
          level,
          base: null,
          timestamp: pino.stdTimeFunctions.isoTime,
          formatters: { level: (label) => ({ level: label }) },
        },
        logSink(),
      )
    },
    stopSignal: (reload) =>
      new Promise((resolve) => {
        const { isTTY } = process.stderr
        process.on('SIGHUP', () => {
          if (isTTY && !isatty(process.stderr.fd)) resolve('SIGHUP')
          else reload()
        })
        let first: number | undefined
        for (const signal of ['SIGTERM', 'SIGINT'] as const) {
          process.on(signal, () => {
            first ??= performance.now()
            if (performance.now() - first > SAME_KEYSTROKE_MS) process.exit(130)
            resolve(signal)
          })
        }
      }),
  }
}

function processIo({ color }: { color: boolean }): Io {
  const { stdout, stderr, env } = process
  // `jotter tx list | head` closes the pipe early, which is no failure.
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
  const colored = ({ isTTY }: NodeJS.WriteStream) =>
    isTTY === true && color && !env.NO_COLOR && env.TERM !== 'dumb'
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    terminal: {
      out: stdout.isTTY ?? false,
      err: stderr.isTTY ?? false,
      // A pseudo-terminal that was never sized says 0.
      columns: stdout.columns || 80,
    },
    color: { out: colored(stdout), err: colored(stderr) },
  }
}
