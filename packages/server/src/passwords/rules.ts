/**
 * What a password may be. Knows nothing of hashes but bcrypt's limit, and looks at lengths before
 * anything else: what is refused costs no time, however long it is.
 */

/** Of Unicode characters: what a JSON schema and NIST SP 800-63B-4 §3.1.1.2 count. */
const MAX_CHARACTERS = 1024

/** bcrypt reads no further. */
export const BCRYPT_BYTES = 72

export interface PasswordRules {
  readonly minLength: number
  readonly hash: 'argon2id' | 'bcrypt'
}

/**
 * The text that is hashed: the password in NFC, since keyboards compose accents differently.
 * Undefined for what no account can have as its password.
 */
export function passwordText(password: string): string | undefined {
  // Each character is one or two of what `length` counts.
  if (password.length > 2 * MAX_CHARACTERS || characters(password) > MAX_CHARACTERS)
    return undefined
  // In UTF-8 every lone surrogate becomes the same character, and C ends a text at NUL.
  if (password === '' || password.includes('\0') || !password.isWellFormed()) return undefined
  return password.normalize('NFC')
}

/** The text of a new password, or what is wrong with it, for its owner. */
export function newPasswordText(
  password: string,
  { minLength, hash }: PasswordRules,
): { readonly text: string } | { readonly problem: string } {
  const text = passwordText(password)
  if (text === undefined) {
    return {
      problem: `must have ${minLength} to ${MAX_CHARACTERS} characters, no NUL and no lone surrogate`,
    }
  }
  if (characters(text) < minLength) return { problem: `must have at least ${minLength} characters` }
  return hash === 'bcrypt' && Buffer.byteLength(text) > BCRYPT_BYTES
    ? { problem: `must have at most ${BCRYPT_BYTES} bytes in UTF-8` }
    : { text }
}

function characters(text: string): number {
  let count = 0
  for (const _ of text) count += 1
  return count
}
