/**
 * Time, as this package is given it. Nothing here reads a clock, so that a test can stand at any
 * moment.
 *
 * @module
 */

/** Seconds since 1970-01-01T00:00:00Z: a NumericDate, which may have a fraction (RFC 7519 §2). */
export type EpochSeconds = number
