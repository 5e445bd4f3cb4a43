import { cursorOf, positionOf } from '../paging.ts'
import type { ApiKey } from './store.ts'

type Position = Pick<ApiKey, 'createdAt' | 'id'>

/** `next` of a list that ended with this key. */
export const encodeCursor = ({ createdAt, id }: Position): string => cursorOf({ at: createdAt, id })

/** @throws {ServiceError} `invalid_request` for anything that is no `next`. */
export function decodeCursor(cursor: string): Position {
  const { at, id } = positionOf(cursor)
  return { createdAt: at, id }
}
