import { constants, fstatSync, openSync, writeSync } from 'node:fs'

const STDOUT = 1

/**
 * Standard output as a log takes it: a line that cannot be written now is dropped and counted, since
 * a reader that hangs or a full disk must not stop the service. The next line that goes through says
 * how many are missing.
 */
export function logSink(path?: string): { write(line: string): void } {
  const fd = path === undefined ? ownStdout() : openWithoutWaiting(path)
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
 * A file never makes its writer wait, and is taken as it is: opened again it would have a position of
 * its own, and standard error, if it goes to the same file, would be written over.
 */
const ownStdout = (): number =>
  fstatSync(STDOUT).isFile() ? STDOUT : openWithoutWaiting('/dev/stdout')

/**
 * A way of our own: whether a full pipe makes its writer wait is a property of the opened file, which
 * our parent may share. A socket cannot be opened again, and is taken as it is.
 */
function openWithoutWaiting(path: string): number {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK)
  } catch {
    return STDOUT
  }
}

const missing = (lines: number): string =>
  `${JSON.stringify({ level: 'warn', lines, msg: 'log lines were dropped before this one' })}\n`
