/**
 * How lists are cut into pages: `limit` items, and `next`, which `after` takes for the page behind
 * them. A position is a time and an id, which no two items of a list share.
 */
import { ServiceError } from './errors.ts'

interface Position {
  /** Epoch milliseconds. */
  readonly at: number
  readonly id: string
}

/** A query is text, and so is a number in it. */
export const LIMIT = {
  type: 'string',
  pattern: '^([1-9][0-9]?|1[0-9][0-9]|200)$',
  default: '50',
  description: '1 to 200',
} as const

export const AFTER = {
  type: 'string',
  maxLength: 500,
  description: '`next` of the page before.',
} as const

/** The query of a list that has no filters. */
export const PAGE_QUERY = {
  type: 'object',
  additionalProperties: false,
  properties: { limit: LIMIT, after: AFTER },
} as const

/** The schema of a page of `items`. */
export const pageSchema = <const Item extends object>(items: Item) =>
  ({
    type: 'object',
    required: ['items', 'next'],
    properties: { items: { type: 'array', items }, next: { type: ['string', 'null'] } },
  }) as const

export interface Page<Item> {
  readonly items: readonly Item[]
  /** The last item, when there are more after it. */
  readonly next: Item | undefined
}

/** Where a page ended, in a form that nobody is tempted to build. */
export const cursorOf = ({ at, id }: Position): string =>
  Buffer.from(`${at} ${id}`).toString('base64url')

/** @throws {ServiceError} `invalid_request` for anything that `cursorOf` does not make. */
export function positionOf(cursor: string): Position {
  const text = Buffer.from(cursor, 'base64url').toString('latin1')
  const [, at, id = ''] = /^(\d{1,15}) ([A-Za-z0-9._~:@-]{1,128})$/.exec(text) ?? []
  const position = { at: Number(at), id }
  // Node's decoder skips what is not base64url, so several texts would stand for one position.
  if (cursorOf(position) !== cursor) throw unknownCursor()
  return position
}

type Made = { readonly createdAt: number; readonly id: string }

/** `next` of a list in the order in which its items were made, that ended with this one. */
export const madeCursor = ({ createdAt, id }: Made): string => cursorOf({ at: createdAt, id })

/** @throws {ServiceError} `invalid_request` for anything that `madeCursor` does not make. */
export function madePosition(cursor: string): Made {
  const { at, id } = positionOf(cursor)
  return { createdAt: at, id }
}

export const unknownCursor = () =>
  new ServiceError('invalid_request', {
    fields: [{ pointer: '/after', detail: 'is not the `next` of a list' }],
  })

/** `limit` items of those found, which are one more where there is a next page, and the last of them then. */
export function pageOf<Item>(found: readonly Item[], limit: number): Page<Item> {
  return {
    items: found.slice(0, limit),
    next: found.length > limit ? found[limit - 1] : undefined,
  }
}

/** A page as it is answered. */
export const pageAnswer = <Item, Answer>(
  { items, next }: Page<Item>,
  answer: (item: Item) => Answer,
  cursor: (item: Item) => string,
) => ({ items: items.map(answer), next: next === undefined ? null : cursor(next) })
