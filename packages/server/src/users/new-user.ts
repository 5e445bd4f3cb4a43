/** Somebody who registers, or whom an operator makes. */
import { type FieldProblem, ServiceError } from '../errors.ts'
import { uuidv7 } from '../uuid.ts'
import { emailAddress, type Name, userName } from './names.ts'
import type { KeptName, User } from './store.ts'

type Names = Pick<User, 'username' | 'email'>

/** @throws {ServiceError} `invalid_request` that points at each name against the rules. */
export function newNames(username: string, email: string): Names {
  const fields: FieldProblem[] = []
  const kept = (name: Name, pointer: string): KeptName => {
    if (!('problem' in name)) return name
    fields.push({ pointer, detail: name.problem })
    return { canonical: '', shown: '' }
  }
  const names = {
    username: kept(userName(username), '/username'),
    email: kept(emailAddress(email), '/email'),
  }
  if (fields.length > 0) throw new ServiceError('invalid_request', { fields })
  return names
}

/** Who may log in from `at` on, and has not yet. Epoch milliseconds. */
export const newUser = (names: Names, passwordHash: string, at: number): User => ({
  id: uuidv7(at),
  ...names,
  passwordHash,
  active: true,
  createdAt: at,
  updatedAt: at,
  lastLoginAt: undefined,
})
