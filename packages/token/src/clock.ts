/**
 * Time, as the rest of the project is given it. Nothing here reads a clock: the command line does,
 * and hands it down, so that a test can stand at any moment.
 *
 * @module
 */

/** Milliseconds since 1970-01-01T00:00:00Z, whole. */
export type EpochMilliseconds = number

/** Seconds since 1970-01-01T00:00:00Z: a NumericDate, which may have a fraction (RFC 7519 §2). */
export type EpochSeconds = number

/** The service's source of time. Verifiers take `() => EpochSeconds`, the unit of the claims. */
export type Clock = () => EpochMilliseconds
