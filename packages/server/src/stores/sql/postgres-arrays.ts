/**
 * Arrays as the server itself sends them (`array_send` in its source), which `pg` passes on as they are.
 * As text each element would be quoted here and unquoted there.
 *
 * They are written into memory that is used again. A commit takes milliseconds, so buffers of their own
 * outlive the quick collections of garbage, and then make a full one due several times a second.
 */
import type { SqlStep, SqlValue } from './driver.ts'

/** What `pg` gets for the parameter of a column. */
type ColumnValues = Buffer | readonly SqlValue[]

interface Room {
  readonly bytes: Buffer
  readonly view: DataView
}

/** Dimensions, whether there are nulls, type of the elements, and of the dimension length and start. */
const HEADER_BYTES = 20
/** Before each element. */
const LENGTH_BYTES = 4
const NULL_LENGTH = -1
/** UTF-8 takes no more for a unit of UTF-16. */
const BYTES_PER_UNIT = 3
/** As text, which is longer than its eight bytes: -1.7976931348623157e+308. */
const BYTES_PER_NUMBER = 24

interface ElementType {
  readonly oid: number
  /** Returns how many bytes it has written. */
  write(room: Room, value: SqlValue, at: number): number
}

/** By the names of information_schema. */
const ELEMENTS: Readonly<Record<string, ElementType>> = {
  text: { oid: 25, write: ({ bytes }, value, at) => bytes.write(String(value), at) },
  bigint: {
    oid: 20,
    // Two halves: no BigInt for each number.
    write({ view }, value, at) {
      if (!Number.isSafeInteger(value)) throw outOfRange()
      view.setInt32(at, Math.floor((value as number) / 2 ** 32))
      view.setInt32(at + 4, value as number)
      return 8
    },
  },
}

/** As the server says it: this one write fails, and no other of its batch. */
const outOfRange = () =>
  Object.assign(new RangeError('a number is no whole one of 53 bits'), { code: '22003' })

/** The smallest first. */
const spare: Room[] = []
/** So many statements may be under way before memory is made for another. */
const MAX_SPARE = 4
const SMALLEST_ROOM = 64 * 1024
const LARGEST_SPARE = 2 * 1024 * 1024

/**
 * Calls `send` with an array for each column of `rows`, whose values follow the text of the statement.
 * The arrays are good until what `send` returns is settled.
 *
 * @param types Of the columns. Of any other than those above `pg` gets the values themselves.
 */
export async function withArrays<T>(
  types: readonly (string | undefined)[],
  rows: readonly SqlStep[],
  send: (columns: ColumnValues[]) => Promise<T>,
): Promise<T> {
  const room = roomFor(HEADER_BYTES * types.length + mostBytes(rows))
  let end = 0
  const columns = types.map((type, column) => {
    const element = ELEMENTS[type ?? '']
    if (element === undefined) return rows.map((row) => row[column + 1] as SqlValue)
    const start = end
    end = writeArray(room, start, element, rows, column + 1)
    return room.bytes.subarray(start, end)
  })
  const answer = await send(columns)
  // Only now, though `pg` has copied them: of a statement that has failed nobody knows what still reads them.
  giveBack(room)
  return answer
}

/** Returns where the array ends. */
function writeArray(
  room: Room,
  start: number,
  { oid, write }: ElementType,
  rows: readonly SqlStep[],
  place: number,
): number {
  const { view } = room
  let hasNulls = 0
  let at = start + HEADER_BYTES
  for (const row of rows) {
    const value = row[place] as SqlValue
    const isNull = value === null
    if (isNull) hasNulls = 1
    const length = isNull ? NULL_LENGTH : write(room, value, at + LENGTH_BYTES)
    view.setInt32(at, length)
    at += LENGTH_BYTES + Math.max(length, 0)
  }
  const header = [1, hasNulls, oid, rows.length, 1]
  for (const [i, word] of header.entries()) view.setInt32(start + 4 * i, word)
  return at
}

/** No array of the values is longer, its header not counted. */
function mostBytes(rows: readonly SqlStep[]): number {
  let bytes = 0
  for (const row of rows) {
    for (let column = 1; column < row.length; column += 1) {
      const value = row[column]
      const isText = typeof value === 'string'
      bytes += LENGTH_BYTES + (isText ? BYTES_PER_UNIT * value.length : BYTES_PER_NUMBER)
    }
  }
  return bytes
}

function roomFor(bytes: number): Room {
  const fitting = spare.findIndex((room) => room.bytes.length >= bytes)
  const [room] = fitting === -1 ? [] : spare.splice(fitting, 1)
  if (room !== undefined) return room
  const size = Math.max(SMALLEST_ROOM, 2 ** Math.ceil(Math.log2(bytes)))
  const memory = new ArrayBuffer(size)
  return { bytes: Buffer.from(memory), view: new DataView(memory) }
}

/** Where there are too many, the smallest goes: a larger one fits where it did. */
function giveBack(room: Room): void {
  if (room.bytes.length > LARGEST_SPARE) return
  spare.push(room)
  spare.sort((a, b) => a.bytes.length - b.bytes.length)
  if (spare.length > MAX_SPARE) spare.shift()
}
