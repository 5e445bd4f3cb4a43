/** Keys of a store in memory, on a clock that the test moves. */
import pino from 'pino'
import { masterKey } from '../../packages/server/src/keys/master-key.ts'
import { type OpenKeysDeps, openKeys } from '../../packages/server/src/keys/open.ts'
import { memoryDuties } from '../../packages/server/src/stores/memory/duties.ts'
import { memoryKeys } from '../../packages/server/src/stores/memory/keys.ts'
import { NOW, testSettings } from './service.ts'

export const MASTER = masterKey({ MASTER_KEY: 'm'.repeat(32), DATA: '' }, true)

export async function openTestKeys(
  environment: Readonly<Record<string, string | undefined>> = {},
  change: Partial<OpenKeysDeps> = {},
) {
  const clock = { at: NOW }
  const log: { msg: string; kid?: string }[] = []
  const deps: OpenKeysDeps = {
    settings: testSettings(environment),
    store: memoryKeys(),
    duties: memoryDuties(),
    master: MASTER,
    log: pino({}, { write: (line: string) => void log.push(JSON.parse(line)) }),
    now: () => clock.at,
    monotonic: () => clock.at,
    ...change,
  }
  return { ...deps, ...(await openKeys(deps)), deps, clock, log }
}
