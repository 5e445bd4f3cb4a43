import { ServiceError } from '../../errors.ts'
import type { Transaction } from './store.ts'

type Position = Pick<Transaction, 'issuedAt' | 'xid'>

/** Where a page ended, in a form that nobody is tempted to build: `next` of a list. */
export const encodeCursor = ({ issuedAt, xid }: Position): string =>
  Buffer.from(`${issuedAt} ${xid}`).toString('base64url')

/** @throws {ServiceError} `invalid_request` for anything that `encodeCursor` does not make. */
export function decodeCursor(cursor: string): Position {
  const text = Buffer.from(cursor, 'base64url').toString('latin1')
  const [, issuedAt, xid = ''] = /^(\d{1,15}) ([A-Za-z0-9._~-]{1,100})$/.exec(text) ?? []
  const position = { issuedAt: Number(issuedAt), xid }
  // Node's decoder skips what is not base64url, so several texts would stand for one position.
  if (encodeCursor(position) !== cursor) {
    throw new ServiceError('invalid_request', {
      fields: [{ pointer: '/after', detail: 'is not the `next` of a list' }],
    })
  }
  return position
}
