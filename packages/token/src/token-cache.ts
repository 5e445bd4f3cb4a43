/**
 * Tokens whose signature was found good, by their whole text. Knows neither keys nor claims: whoever
 * holds a cache sees to it that one set of keys fills it, and checks what a token says at every use.
 *
 * @module
 */

export interface TokenCacheLimits {
  /** How many tokens at most. */
  readonly maxEntries: number
  /** How many bytes of memory at most, roughly. */
  readonly maxBytes: number
}

export interface CachedToken {
  readonly typ: string | undefined
  /** As text, so that nobody who is handed the claims can change them for the next. */
  readonly claims: string
}

/** What a Map and two objects take besides the texts. */
const BYTES_PER_ENTRY = 200

export class TokenCache {
  readonly #limits: TokenCacheLimits
  // A Map keeps the order of insertion: its first entry is its oldest.
  readonly #entries = new Map<string, CachedToken>()
  #bytes = 0

  constructor(limits: TokenCacheLimits) {
    this.#limits = limits
  }

  get size(): number {
    return this.#entries.size
  }

  get bytes(): number {
    return this.#bytes
  }

  get(token: string): CachedToken | undefined {
    return this.#entries.get(token)
  }

  /** Keeps a token that is not there yet, and drops the oldest until both limits are kept. */
  add(token: string, entry: CachedToken): void {
    const bytes = bytesOf(token, entry)
    if (bytes > this.#limits.maxBytes || this.#entries.has(token)) return
    // Written anew: `token` may be a slice, and V8 would keep the whole request alive with it.
    this.#entries.set(Buffer.from(token, 'latin1').toString('latin1'), entry)
    this.#bytes += bytes
    for (const [oldest, dropped] of this.#entries) {
      if (this.size <= this.#limits.maxEntries && this.#bytes <= this.#limits.maxBytes) break
      this.#entries.delete(oldest)
      this.#bytes -= bytesOf(oldest, dropped)
    }
  }
}

function bytesOf(token: string, { claims }: CachedToken): number {
  return token.length + 2 * claims.length + BYTES_PER_ENTRY
}
