import { randomUUID } from 'node:crypto'
import { existsSync, linkSync, rmSync, writeFileSync } from 'node:fs'

/**
 * Makes a file that only its owner may read, unless it is there: what another start has made
 * meanwhile stays. Nobody ever sees half of it, or loses it.
 */
export function makeSecretFile(file: string, text: () => string): void {
  if (existsSync(file)) return
  const draft = `${file}.${randomUUID()}`
  try {
    writeFileSync(draft, text(), { mode: 0o600, flush: true })
    // Unlike a rename, a link does not take the place of what is there.
    linkSync(draft, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(draft, { force: true })
  }
}
