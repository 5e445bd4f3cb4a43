import { cursorOf, positionOf } from '../../paging.ts'
import type { Transaction } from './store.ts'

type Position = Pick<Transaction, 'issuedAt' | 'xid'>

/** `next` of a list that ended with this transaction. */
export const encodeCursor = ({ issuedAt, xid }: Position): string =>
  cursorOf({ at: issuedAt, id: xid })

/** @throws {ServiceError} `invalid_request` for anything that is no `next`. */
export function decodeCursor(cursor: string): Position {
  const { at, id } = positionOf(cursor)
  return { issuedAt: at, xid: id }
}
