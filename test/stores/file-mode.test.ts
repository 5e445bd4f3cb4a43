/** A database that is older than the service that opens it keeps its mode (security.md L-03). */
import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { startTestService } from '../support/service.ts'

for (const [mode, warned] of [
  [0o600, false],
  [0o640, false],
  [0o644, true],
  [0o666, true],
] as const) {
  test(`a database of mode ${mode.toString(8)} is ${warned ? 'warned of' : 'taken'}`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'jotter-mode-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'own.db')
    writeFileSync(file, '')
    chmodSync(file, mode)
    const { log } = await startTestService(t, { DATABASE_URL: `sqlite:${file}` })
    const lines = log.filter((line) => line.includes(`chmod 600 ${file}`))
    assert.equal(lines.length, warned ? 1 : 0)
    assert.equal(statSync(file).mode & 0o777, mode)
  })
}
