/**
 * Starts the service once after an installation and stops it again, so that the compile cache is
 * full when the first user starts it. Nothing depends on it: whatever fails here is left out.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const LONGEST_MS = 20_000

const data = mkdtempSync(join(tmpdir(), 'jotter-warm-'))
const main = join(import.meta.dirname, '../packages/server/src/cli/main.ts')
const args = ['--conditions=source', main, 'serve', '--port', '0', '--data', data]
const child = spawn(process.execPath, args, {
  // Not the checkout: an .env there may name a database that is none of ours.
  cwd: data,
  env: {
    PATH: process.env.PATH,
    NODE_COMPILE_CACHE: resolve(process.env.NODE_COMPILE_CACHE ?? ''),
  },
  stdio: ['ignore', 'pipe', 'ignore'],
})
const stop = () => child.kill('SIGTERM')
const deadline = setTimeout(() => child.kill('SIGKILL'), LONGEST_MS)
// Its first line says that it listens.
child.stdout.once('data', stop)
child.once('error', () => clearTimeout(deadline))
child.once('exit', () => {
  clearTimeout(deadline)
  rmSync(data, { recursive: true, force: true })
})
