/**
 * Names that people log in with. A name is looked up by its canonical form, so that no two accounts
 * have names that only a machine can tell apart, and shown as it was given. Mail is sent only to the
 * address that is kept: another spelling of it finds the account, and may be another mailbox.
 */
import { domainToASCII } from 'node:url'

/** A name, or what is wrong with it, for its owner. */
export type Name =
  | {
      /** One per account: what is compared, and kept under a unique index. */
      readonly canonical: string
      /** As it was given, to be shown. */
      readonly shown: string
    }
  | { readonly problem: string }

const MAX_USERNAME = 64
/** RFC 5321 §4.5.3.1.3, without the angle brackets. */
const MAX_EMAIL = 254

/**
 * Controls, lone surrogates, private and unassigned code points, and what is seen nowhere or turns
 * the text around it: zero-width and bidirectional characters, fillers, variation selectors.
 */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u
/** Letters, digits, accents, dots and dashes; IP addresses and percent signs are other things. */
const DOMAIN = /^[\p{L}\p{N}\p{M}_-]+(?:\.[\p{L}\p{N}\p{M}_-]+)*\.[\p{L}\p{M}][\p{L}\p{N}\p{M}-]+$/u

/** A user name: no @, so that it is never taken for somebody's e-mail address. */
export function userName(shown: string): Name {
  const canonical = canonicalText(shown, MAX_USERNAME)
  if (canonical === undefined) {
    return { problem: `must have 1 to ${MAX_USERNAME} characters, all of which can be seen` }
  }
  return canonical.includes('@') ? { problem: 'must not hold an @' } : { canonical, shown }
}

/** An e-mail address. Only its shape is checked: one @, and a dot in what follows it. */
export function emailAddress(shown: string): Name {
  const text = canonicalText(shown, MAX_EMAIL)
  if (text === undefined) {
    return { problem: `must have at most ${MAX_EMAIL} characters, all of which can be seen` }
  }
  const [local = '', domain = '', ...rest] = text.split('@')
  const ascii = DOMAIN.test(domain) ? domainToASCII(domain) : ''
  return local === '' || /\s/.test(local) || ascii === '' || rest.length > 0
    ? { problem: 'must be an e-mail address, as name@example.com' }
    : { canonical: `${local}@${ascii}`, shown }
}

/** Undefined for a name that is empty, too long or holds what nobody can see. */
function canonicalText(shown: string, maxLength: number): string | undefined {
  // Measured before it is read: whatever is longer is not worth normalizing.
  if (shown.length > 2 * maxLength || UNSEEN.test(shown)) return undefined
  let text = shown
  // Folding can undo the normal form and trimming can bare another space: until nothing changes.
  for (let before = ''; text !== before; ) {
    before = text
    text = folded(text)
  }
  const length = [...text].length
  return length === 0 || length > maxLength || UNSEEN.test(text) ? undefined : text
}

const folded = (text: string): string =>
  caseless(text.normalize('NFKC'))
    .normalize('NFKC')
    .replace(/\s+/gu, ' ')
    .replace(/^ +|[ .]+$/gu, '')

/** Each character by itself: in a word, the lower case of a sigma depends on where it stands. */
const caseless = (text: string): string =>
  Array.from(text, (character) => character.toUpperCase().toLowerCase()).join('')
