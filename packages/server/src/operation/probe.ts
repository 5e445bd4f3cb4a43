/** A probe that waits longer learns that what it asks for is not ready. */
const TIMEOUT_MS = 500
/** A good answer stands this long. */
const GOOD_MS = 1_000

/**
 * Asks whether `check` fulfils. However many ask at once, it is done once, and then not again while
 * a good answer stands. A bad one is not kept: the next probe sees that it is over.
 *
 * @param now Milliseconds of a clock that is never set back.
 */
export function probe(check: () => Promise<void>, now: () => number): () => Promise<boolean> {
  let goodUntil = Number.NEGATIVE_INFINITY
  let asking: Promise<boolean> | undefined

  async function ask(): Promise<boolean> {
    const ok = await passes(check)
    if (ok) goodUntil = now() + GOOD_MS
    asking = undefined
    return ok
  }
  return async () => {
    if (now() < goodUntil) return true
    asking ??= ask()
    return asking
  }
}

async function passes(check: () => Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, TIMEOUT_MS, false)
  })
  const done = check().then(
    () => true,
    () => false,
  )
  return Promise.race([done, late]).finally(() => clearTimeout(timer))
}
