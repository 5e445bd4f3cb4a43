import { cursorOf, positionOf } from '../paging.ts'
import type { Client } from './store.ts'

type Position = Pick<Client, 'createdAt' | 'id'>

/** `next` of a list that ended with this client. */
export const encodeCursor = ({ createdAt, id }: Position): string => cursorOf({ at: createdAt, id })

/** @throws {ServiceError} `invalid_request` for anything that is no `next`. */
export function decodeCursor(cursor: string): Position {
  const { at, id } = positionOf(cursor)
  return { createdAt: at, id }
}
