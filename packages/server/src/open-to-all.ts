import { statSync } from 'node:fs'
import { platform } from 'node:os'

/** Whether every user of this machine may read, write or run `file`: no place for a key. */
export const isOpenToAll = (file: string): boolean =>
  // Windows knows no such mode, and Node makes one up.
  platform() !== 'win32' && (statSync(file).mode & 0o007) !== 0
