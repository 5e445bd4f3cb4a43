/**
 * The past of a store: rows issued before a benchmark starts. Filling takes long, so a store is
 * filled once and copied for each fresh process.
 *
 * @module
 */
import { closeSync, cpSync, fsyncSync, mkdirSync, openSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { mint, type Row } from './floors/http.ts'
import { anyPhone } from './phones.ts'

/**
 * Makes a store in the empty folder `dir` and puts `rows` into it, oldest first, as quickly as it
 * can; durable or not does not matter. When it returns, every file is closed and complete by itself.
 */
export type Fill = (dir: string, rows: Iterable<Row>) => void | Promise<void>

function* issued(count: number) {
  for (let i = 0; i < count; i++) yield mint(anyPhone())
}

/** Folders of filled stores below `root`, one per way to fill. */
export function filledStores(root: string, rows: number) {
  const filled = new Map<Fill, string>()
  return {
    /** Puts a copy of the filled store into the existing folder `dir`. */
    async copy(fill: Fill, dir: string) {
      let source = filled.get(fill)
      if (source === undefined) {
        source = join(root, `filled-${filled.size}`)
        mkdirSync(source)
        await fill(source, issued(rows))
        filled.set(fill, source)
      }
      cpSync(source, dir, { recursive: true })
      // Else the first commits of the server would wait for the copy to reach the disk.
      for (const file of readdirSync(dir)) sync(join(dir, file))
    },
  }
}

function sync(file: string) {
  const descriptor = openSync(file, 'r+')
  fsyncSync(descriptor)
  closeSync(descriptor)
}
