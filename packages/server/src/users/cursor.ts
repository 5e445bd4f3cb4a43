import type { User } from '../flows/session/store.ts'
import { cursorOf, positionOf } from '../paging.ts'

/** `next` of a list that ended with this user. */
export const encodeCursor = ({ createdAt, id }: Pick<User, 'createdAt' | 'id'>): string =>
  cursorOf({ at: createdAt, id })

/** The id. @throws {ServiceError} `invalid_request` for anything that is no `next`. */
export const decodeCursor = (cursor: string): string => positionOf(cursor).id
