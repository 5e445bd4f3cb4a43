/**
 * Starts the service once after an installation and stops it again, so that the compile cache is
 * full when the first user starts it. Nothing depends on it: whatever fails here is left out.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NPM_START } from './npm-start.ts'

const LONGEST_MS = 20_000

const data = mkdtempSync(join(tmpdir(), 'jotter-warm-'))
const child = spawn(process.execPath, [...NPM_START.args, '--port', '0', '--data', data], {
  // Not the checkout: an .env there may name a database that is none of ours.
  cwd: data,
  env: { PATH: process.env.PATH, ...NPM_START.env },
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
