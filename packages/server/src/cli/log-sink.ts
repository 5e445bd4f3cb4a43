import { constants, openSync, writeSync } from 'node:fs'

/**
 * Standard output as a log takes it: a line that cannot be written now is dropped and counted, since
 * a reader that hangs or a full disk must not stop the service. The next line that goes through says
 * how many are missing.
 */
export function logSink(path = '/dev/stdout'): { write(line: string): void } {
  const fd = openWithoutWaiting(path)
  let dropped = 0
  /** The end of a line of which a pipe took the beginning only: more than 4 KiB are no one write. */
  let owed = Buffer.alloc(0)

  function send(text: string): void {
    if (owed.length > 0) owed = owed.subarray(writeSync(fd, owed))
    if (owed.length > 0) throw new Error('the reader is behind')
    const bytes = Buffer.from(text)
    owed = bytes.subarray(writeSync(fd, bytes))
  }

  return {
    write(line) {
      try {
        if (dropped > 0) send(missing(dropped))
        dropped = 0
        send(line)
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
function openWithoutWaiting(path: string): number {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK)
  } catch {
    return 1
  }
}

const missing = (lines: number): string =>
  `${JSON.stringify({ level: 'warn', lines, msg: 'log lines were dropped before this one' })}\n`
