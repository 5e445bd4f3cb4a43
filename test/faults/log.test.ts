/** Nobody takes the log: its disk is full, or its reader hangs. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync, constants, openSync, readSync, writeFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ask } from '../support/ledger-http.ts'
import { exitOf, openSandbox, spawnServer } from '../support/process.ts'

/** More lines than a pipe holds, or a file of 32 KiB. */
const REFUSALS = 2_000

test('F-19 a log file that cannot grow does not stop the service', (t) =>
  serveWithoutLog(t, (path) => writeFileSync(path, '')))

test('F-19 a log reader that hangs does not stop the service', (t) =>
  serveWithoutLog(t, (path) => assert.equal(spawnSync('sh', ['-c', `mkfifo ${path}`]).status, 0)))

async function serveWithoutLog(t: TestContext, make: (path: string) => void): Promise<void> {
  const sandbox = openSandbox(t)
  const log = join(sandbox.folder, 'log')
  make(log)
  const reader = openSync(log, constants.O_RDONLY | constants.O_NONBLOCK)
  t.after(() => closeSync(reader))
  const { child, output } = spawnServer(sandbox, {
    environment: { DATABASE_URL: 'memory:', LOG: log },
    under: ['sh', '-c', 'ulimit -f 64; exec "$0" "$@" > "$LOG"'],
  })
  const exited = exitOf(child)

  let address: string | undefined
  for (let text = ''; address === undefined; await sleep(20)) {
    assert.equal(child.exitCode, null, output())
    text += readAvailable(reader)
    address = /"address":"([^"]+)"/.exec(text)?.[1]
  }
  await refuseMany(address)
  child.kill('SIGTERM')
  assert.deepEqual(await exited, { code: 0, signal: null })
}

/** Each is a line in the log, which nobody reads any more. */
async function refuseMany(address: string): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 })
  for (let sent = 0; sent < REFUSALS; sent += 16) {
    const refusals = Array.from({ length: 16 }, () => ask(agent, `${address}/v1/token/no-phone`))
    for (const { status } of await Promise.all(refusals)) assert.equal(status, 400)
  }
  agent.destroy()
}

function readAvailable(fd: number): string {
  const buffer = Buffer.alloc(4_096)
  try {
    return buffer.toString('utf8', 0, readSync(fd, buffer))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return ''
    throw error
  }
}
