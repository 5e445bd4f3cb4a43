/**
 * The past of a store: rows issued before a benchmark starts. Filling takes long, so a store is
 * filled once and copied for each fresh process.
 *
 * @module
 */
import {
  closeSync,
  constants,
  cpSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statfsSync,
} from 'node:fs'
import { join } from 'node:path'
import { mint, type Row } from './floors/http.ts'
import { anyPhone, singlePhone } from './phones.ts'

/**
 * Makes a store in the empty folder `dir` and puts `rows` into it, oldest first, as quickly as it
 * can; durable or not does not matter. When it returns, every file is closed and complete by itself.
 */
export type Fill = (dir: string, rows: Iterable<Row>) => void | Promise<void>

export interface FilledStore {
  readonly dir: string
  /**
   * Up to a thousand of its rows, evenly from the oldest to the newest. Each has a phone number of its
   * own, so that looking one up has the same answer in a small store and in a large one.
   */
  readonly samples: readonly Row[]
}

const SAMPLES = 1000
const ROWS_PER_LINE = 1_000_000
/** With its indexes; measured 550 to 650. */
const BYTES_PER_ROW = 700

function* issued(count: number, samples: Row[]) {
  const stride = Math.ceil(count / SAMPLES)
  for (let i = 0; i < count; i++) {
    const isSample = i % stride === 0
    const row = mint(isSample ? singlePhone(samples.length) : anyPhone())
    if (isSample) samples.push(row)
    if (i > 0 && i % ROWS_PER_LINE === 0) process.stderr.write(`filled ${i} of ${count} rows\n`)
    yield row
  }
}

/** Folders of stores with `rows` rows, below `root`, one per way to fill. */
export function filledStores(root: string, rows: number) {
  const filled = new Map<Fill, FilledStore>()

  /** The store itself, filled when it is first asked for. */
  async function filledBy(fill: Fill): Promise<FilledStore> {
    let store = filled.get(fill)
    if (store === undefined) {
      const samples: Row[] = []
      store = { dir: mkdtempSync(join(root, 'filled-')), samples }
      await fill(store.dir, issued(rows, samples))
      filled.set(fill, store)
    }
    return store
  }

  return {
    filledBy,
    /** Puts a copy into the existing folder `dir`. */
    async copy(fill: Fill, dir: string) {
      const source = await filledBy(fill)
      // Where the file system can, both share their blocks until one is written.
      cpSync(source.dir, dir, { recursive: true, mode: constants.COPYFILE_FICLONE })
      // Else the first commits of the server would wait for the copy to reach the disk.
      for (const file of readdirSync(dir)) sync(join(dir, file))
    },
    /** Removes the store that `fill` has made, if it has. */
    drop(fill: Fill) {
      const store = filled.get(fill)
      if (store !== undefined) rmSync(store.dir, { recursive: true, force: true })
      filled.delete(fill)
    },
  }
}

export type FilledStores = ReturnType<typeof filledStores>

/** @throws {Error} Saying what is missing, when `rows` rows do not fit where `dir` lies. */
export function demandSpace(dir: string, rows: number) {
  const { bavail, bsize } = statfsSync(dir)
  const [needed, free] = [rows * BYTES_PER_ROW, bavail * bsize].map((bytes) => bytes / 1024 ** 3)
  if (needed === undefined || free === undefined || needed <= free) return
  const gap = `${needed.toFixed(1)} GiB are needed and ${free.toFixed(1)} GiB are free`
  throw new Error(`${dir}: ${gap}; point TMPDIR to another disk, or ask for fewer rows`)
}

function sync(file: string) {
  const descriptor = openSync(file, 'r+')
  fsyncSync(descriptor)
  closeSync(descriptor)
}
