import { availableParallelism } from 'node:os'
import { ServiceError } from '../errors.ts'
import type { Settings } from '../settings.ts'
import { dummyHash, type HashParameters, isHash, isOutdated, makeHash, matches } from './hash.ts'
import { boundedQueue, type QueueLimits } from './queue.ts'
import { newPasswordText, passwordText } from './rules.ts'

export interface PasswordDeps {
  settings: Pick<Settings, 'PASSWORD_HASH' | 'BCRYPT_LOG_ROUNDS' | 'PASSWORD_MIN_LENGTH'>
  /** Milliseconds of a clock that is never set back. */
  monotonic: () => number
  queue?: QueueLimits
}

/**
 * libuv's pool has four threads, and files and key pairs need one of them: who waits for a thread
 * behind four hashes of bcrypt waits for seconds. One core stays for the event loop.
 */
const QUEUE: QueueLimits = {
  inFlight: Math.max(1, Math.min(availableParallelism() - 1, 3)),
  waiting: 100,
}

export type Passwords = ReturnType<typeof passwords>

/**
 * Makes and checks the hashes of passwords, off the event loop and only so many at a time.
 *
 * Hashes that were imported verify whatever the settings say: `$2a$`, `$2b$`, `$2y$` and argon2.
 */
export function passwords({ settings, monotonic, queue = QUEUE }: PasswordDeps) {
  const parameters: HashParameters =
    settings.PASSWORD_HASH === 'bcrypt'
      ? { hash: 'bcrypt', cost: settings.BCRYPT_LOG_ROUNDS }
      : { hash: 'argon2id' }
  const rules = { minLength: settings.PASSWORD_MIN_LENGTH, hash: parameters.hash }
  const { run } = boundedQueue(queue, monotonic)
  const dummy = dummyHash(parameters)

  return {
    /**
     * Makes the hash to be stored of a new password.
     *
     * @param pointer Where the password stood in the request, for the refusal (RFC 6901).
     * @throws {ServiceError} `invalid_request` for a password against the rules, before anything is
     * hashed; `busy`.
     */
    async hashPassword(password: string, pointer = '/password'): Promise<string> {
      const given = newPasswordText(password, rules)
      if ('problem' in given) {
        throw new ServiceError('invalid_request', { fields: [{ pointer, detail: given.problem }] })
      }
      return run(() => makeHash(given.text, parameters))
    },

    /**
     * Whether `password` is the one that `stored` was made of. Where there is no user, `stored` is
     * undefined: that takes as long as a wrong password, and so does a hash that cannot be read.
     * A hash with other parameters than today's takes the time of its own, until it is made again.
     * What can be nobody's password, such as one of 10 MB, is false at once, whoever the user is.
     *
     * @throws {ServiceError} `busy`.
     */
    async verifyPassword(password: string, stored: string | undefined): Promise<boolean> {
      const text = passwordText(password)
      if (text === undefined) return false
      return run(async () => {
        const known = stored !== undefined && isHash(stored) ? stored : undefined
        try {
          return (await matches(text, known ?? dummy)) && known !== undefined
        } catch {
          // It has the shape of a hash and is none: base64 with bits left over.
          await matches(text, dummy)
          return false
        }
      })
    },

    /** Whether a hash was made with other parameters than today's. */
    needsRehash: (stored: string): boolean => isOutdated(stored, parameters),

    /**
     * The hash to be stored instead of `stored`, which `password` has just been verified against.
     * Undefined where `stored` stays: it is of today, or this is not the time, or bcrypt would cut.
     * Never stands in the way of a login: a password that is too short by now is hashed all the same.
     */
    async rehash(password: string, stored: string): Promise<string | undefined> {
      if (!isOutdated(stored, parameters)) return undefined
      const given = newPasswordText(password, { ...rules, minLength: 1 })
      if ('problem' in given) return undefined
      return run(() => makeHash(given.text, parameters)).catch((error: unknown) => {
        if (error instanceof ServiceError) return undefined
        throw error
      })
    },
  }
}
