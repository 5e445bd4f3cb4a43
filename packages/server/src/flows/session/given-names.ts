/** Names as they are given at a registration and at a login. */
import { type FieldProblem, ServiceError } from '../../errors.ts'
import { emailAddress, type Name, userName } from '../../users/names.ts'
import type { KeptName, User } from './store.ts'

export type GivenName = { readonly username: string } | { readonly email: string }

/** @throws {ServiceError} `invalid_request` that points at each name against the rules. */
export function newNames(username: string, email: string): Pick<User, 'username' | 'email'> {
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

/** What attempts are counted for, and what is looked up: nothing for a name that nobody can have. */
export function loginName(given: GivenName) {
  const isUsername = 'username' in given
  const shown = isUsername ? given.username : given.email
  const name = isUsername ? userName(shown) : emailAddress(shown)
  if ('problem' in name) return { account: shown, key: undefined }
  const { canonical } = name
  return { account: canonical, key: isUsername ? { username: canonical } : { email: canonical } }
}
