/**
 * Arrays as the server itself sends them (`array_send` in its source), which `pg` passes on as they are.
 * As text each element is quoted here and unquoted there; for a row of a token that is a tenth of all
 * that storing it costs.
 */
import type { SqlValue } from './driver.ts'

type Values = readonly SqlValue[]

/** Dimensions, whether there are nulls, type of the elements, and of the dimension length and start. */
const HEADER_BYTES = 20
/** Before each element. */
const LENGTH_BYTES = 4
const NULL_LENGTH = -1

interface ElementType {
  readonly oid: number
  bytes(value: SqlValue): number
  write(array: Buffer, value: SqlValue, at: number): void
}

/** By the names of information_schema. */
const ELEMENTS: Readonly<Record<string, ElementType>> = {
  text: {
    oid: 25,
    bytes: (value) => Buffer.byteLength(value as string),
    write: (array, value, at) => array.write(value as string, at),
  },
  bigint: {
    oid: 20,
    bytes: () => 8,
    // Two halves: no BigInt for each number.
    write(array, value, at) {
      array.writeInt32BE(Math.floor((value as number) / 2 ** 32), at)
      array.writeUInt32BE((value as number) >>> 0, at + 4)
    },
  },
  integer: {
    oid: 23,
    bytes: () => 4,
    write: (array, value, at) => array.writeInt32BE(value as number, at),
  },
}

/** @param type Of the elements. Of any other type than those above `pg` gets the values themselves. */
export function arrayOf(type: string | undefined, values: Values): Buffer | Values {
  const element = ELEMENTS[type ?? '']
  if (element === undefined) return values
  const lengths = values.map((value) => (value === null ? NULL_LENGTH : element.bytes(value)))
  const elements = lengths.reduce((sum, length) => sum + LENGTH_BYTES + Math.max(length, 0), 0)
  const array = Buffer.allocUnsafe(HEADER_BYTES + elements)
  const hasNulls = Number(lengths.includes(NULL_LENGTH))
  let at = 0
  for (const word of [1, hasNulls, element.oid, values.length, 1]) at = array.writeInt32BE(word, at)
  for (const [i, length] of lengths.entries()) {
    at = array.writeInt32BE(length, at)
    if (length === NULL_LENGTH) continue
    element.write(array, values[i] as SqlValue, at)
    at += length
  }
  return array
}
