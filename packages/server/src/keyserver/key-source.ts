import type { Key } from '@jotter/token'

/** Where the public keys of those who log in are asked for: our own clients, or a key server. */
export interface KeySource {
  /**
   * The keys that may have signed for `identity`, at least one; undefined when nobody has this name.
   * A list never changes and is of one identity: what is remembered of the tokens of its keys ends
   * with it.
   *
   * @throws {KeyServerUnavailable} When nobody can say: no verdict about the identity.
   * @throws {StoreUnavailable} The same of our own database.
   */
  keysOf(identity: string): Promise<readonly Key[] | undefined>
}

/** A key server that does not answer, or not with a key that may be used. */
export class KeyServerUnavailable extends Error {
  override readonly name = 'KeyServerUnavailable'
}
