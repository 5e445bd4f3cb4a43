import { platform } from 'node:os'

/** Whether every user of this machine may read, write or run a file of this mode: no place for a key. */
export const isOpenToAll = (mode: number): boolean =>
  // Windows knows no such mode, and Node makes one up.
  platform() !== 'win32' && (mode & 0o007) !== 0
