/** What the tests on full disks share: a file system of one's own, and patience. */
import assert from 'node:assert/strict'
import { type SpawnSyncOptions, spawnSync } from 'node:child_process'
import type { Agent } from 'node:http'
import { tmpdir } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Ask, ask } from '../support/ledger-http.ts'

/** Three times what is promised: a busy machine is not a fault of the service. */
const PATIENCE_MS = 15_000

/** Executes the command behind it where it may mount what nobody else sees. */
export const UNSHARE = ['unshare', '--mount', '--user', '--map-root-user']

/** Not every system allows it. */
export function canMount(user: Pick<SpawnSyncOptions, 'uid' | 'gid'> = {}): boolean {
  const [command, ...args] = [...UNSHARE, 'mount', '-t', 'tmpfs', 'none', tmpdir()]
  return spawnSync(command as string, args, user).status === 0
}

/** Asks until the answer has this status: on a full disk a small write may fit for a while. */
export function patientAsk(agent: Agent, address: string) {
  return async (wanted: number, path: string, init?: Ask) => {
    const started = performance.now()
    for (;;) {
      const answer = await ask(agent, address + path, init)
      const ms = Math.round(performance.now() - started)
      if (answer.status === wanted) return { ...answer, ms }
      assert.ok(ms < PATIENCE_MS, `${path} is still answered with ${answer.status}`)
      await sleep(10)
    }
  }
}
