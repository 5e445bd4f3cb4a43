/** Names as they are given at a login. */
import { emailAddress, userName } from '../../users/names.ts'

export type GivenName = { readonly username: string } | { readonly email: string }

/** The name as it is compared, and what is looked up: nothing for a name that nobody can have. */
export function loginName(given: GivenName) {
  const isUsername = 'username' in given
  const shown = isUsername ? given.username : given.email
  const name = isUsername ? userName(shown) : emailAddress(shown)
  if ('problem' in name) return { text: shown, key: undefined }
  const { canonical: text } = name
  return { text, key: isUsername ? { username: text } : { email: text } }
}
