import { existsSync, readFileSync } from 'node:fs'
import pino, { type Logger } from 'pino'
import { type ReadSettings, readSettings } from '../settings-sources.ts'
import type { Io } from './io.ts'

/** What commands get from the process they run in. Nothing below `cli/` knows a process. */
export interface Context {
  io: Io
  version: string
  /** Epoch milliseconds. */
  now: () => number
  /** Milliseconds of a clock that is never set back. */
  monotonic: () => number
  settings(flags?: Record<string, string | undefined>): ReadSettings
  logger(level: string): Logger
  /** Fulfils with the first SIGTERM or SIGINT; a second one ends the process at once. */
  stopSignal(): Promise<NodeJS.Signals>
}

export function processContext(): Context {
  const { version } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  ) as { version: string }
  return {
    io: {
      out: (text) => void process.stdout.write(text),
      err: (text) => void process.stderr.write(text),
      terminal: {
        out: process.stdout.isTTY ?? false,
        err: process.stderr.isTTY ?? false,
        columns: process.stdout.columns ?? 80,
      },
    },
    version,
    now: Date.now,
    monotonic: () => Math.floor(performance.now()),
    settings: (flags = {}) =>
      readSettings({
        flags,
        environment: process.env,
        readFile: (path) => readFileSync(path, 'utf8'),
        dotEnv: () => (existsSync('.env') ? readFileSync('.env', 'utf8') : undefined),
      }),
    logger: (level) =>
      pino({
        level,
        base: null,
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
      }),
    stopSignal: () =>
      new Promise((resolve) => {
        for (const signal of ['SIGTERM', 'SIGINT'] as const) {
          process.once(signal, () => {
            resolve(signal)
            process.once(signal, () => process.exit(130))
          })
        }
      }),
  }
}
