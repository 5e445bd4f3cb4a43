/**
 * Tokens that were found good, by their whole text. Knows neither keys nor claims: whoever holds a
 * cache sees to it that one verifier fills it, and checks what a token says at every use.
 *
 * @module
 */

export interface TokenCacheLimits {
  /** How many good tokens are remembered. Default 1000. */
  readonly maxCachedTokens?: number
  /** How much memory they may take, roughly and in bytes. Default 4 MiB. */
  readonly maxCachedBytes?: number
}

/** What a Map and its strings take besides the texts. */
const BYTES_PER_TOKEN = 200

export class TokenCache {
  readonly #maxTokens: number
  readonly #maxBytes: number
  /** The claims as text, so that nobody who is handed them can change them for the next. */
  // A Map keeps the order of insertion: its first entry is its oldest.
  readonly #claims = new Map<string, string>()
  #bytes = 0

  /** @throws {RangeError} When a limit is not a positive number. */
  constructor({ maxCachedTokens = 1000, maxCachedBytes = 4 * 1024 * 1024 }: TokenCacheLimits) {
    demandPositive('maxCachedTokens', maxCachedTokens)
    demandPositive('maxCachedBytes', maxCachedBytes)
    this.#maxTokens = maxCachedTokens
    this.#maxBytes = maxCachedBytes
  }

  get size(): number {
    return this.#claims.size
  }

  /** The claims of a token, as JSON. */
  get(token: string): string | undefined {
    return this.#claims.get(token)
  }

  /** Keeps a token that is not there yet, and drops the oldest until both limits are kept. */
  add(token: string, claims: string): void {
    const bytes = costOf(token, claims)
    if (bytes > this.#maxBytes || this.#claims.has(token)) return
    // Written anew: `token` may be a slice, and V8 would keep the whole request alive with it.
    this.#claims.set(Buffer.from(token, 'latin1').toString('latin1'), claims)
    this.#bytes += bytes
    for (const [oldest, dropped] of this.#claims) {
      if (this.size <= this.#maxTokens && this.#bytes <= this.#maxBytes) break
      this.#claims.delete(oldest)
      this.#bytes -= costOf(oldest, dropped)
    }
  }
}

function costOf(token: string, claims: string): number {
  return token.length + 2 * claims.length + BYTES_PER_TOKEN
}

function demandPositive(name: string, value: unknown): void {
  if (typeof value !== 'number' || !(value >= 1)) throw new RangeError(`${name} is not 1 or more`)
}
