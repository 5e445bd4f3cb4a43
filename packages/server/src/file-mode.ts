import { statSync } from 'node:fs'
import { platform } from 'node:os'

/** Whether every user of this machine may do something with the file. Windows has no such mode, and Node makes one up. */
export const isOpenToAll = (path: string): boolean =>
  platform() !== 'win32' && (statSync(path).mode & 0o007) !== 0
