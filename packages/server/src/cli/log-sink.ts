import { constants, openSync, writeSync } from 'node:fs'

/**
 * Standard output as a log takes it: a line that cannot be written now is dropped and counted, since
 * a reader that hangs or a full disk must not stop the service. The next line that goes through says
 * how many are missing.
 */
export function logSink(): { write(line: string): void } {
  const fd = openWithoutWaiting()
  let dropped = 0
  return {
    write(line) {
      try {
        if (dropped > 0) writeSync(fd, missing(dropped))
        dropped = 0
        writeSync(fd, line)
      } catch {
        dropped += 1
      }
    },
  }
}

/**
 * Our own way to standard output: whether a full pipe makes its writer wait is a property of the
 * opened file, which our parent may share. A socket cannot be opened again, and is taken as it is.
 */
function openWithoutWaiting(): number {
  try {
    return openSync('/dev/stdout', constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK)
  } catch {
    return 1
  }
}

const missing = (lines: number): string =>
  `${JSON.stringify({ level: 'warn', lines, msg: 'log lines were dropped before this one' })}\n`
