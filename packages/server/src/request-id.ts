import { randomBytes } from 'node:crypto'

const GIVEN = /^[A-Za-z0-9._-]{1,64}$/

/**
 * Names every request: by the caller's `X-Request-Id` where that is harmless in a log, else by a
 * random name of this process and a count, which costs next to nothing.
 */
export function requestIds(): (given: unknown) => string {
  const prefix = randomBytes(6).toString('hex')
  let count = 0
  return (given) => {
    if (typeof given === 'string' && GIVEN.test(given)) return given
    count += 1
    return `${prefix}-${count}`
  }
}
