/** JSON Schemas of the flow's requests and answers. */

const TEXT = (description: string) => ({ schema: { type: 'string', description } }) as const

const COMPACT_JWT = TEXT(
  'The compact JWT and nothing else. Any other type, or none, is read alike.',
)

/** A token as it is, whatever type it is said to have. */
export const TOKEN_BODY = {
  content: { 'application/jwt': COMPACT_JWT, 'text/plain': COMPACT_JWT },
} as const

export const USE_TOKEN_ANSWER = {
  content: {
    'application/jwt': TEXT(
      'The use token: a compact JWT of type `use+jwt` with `nbf`, `exp`, `iss`, `sub`, `aud`, `iat`, `jti`.',
    ),
  },
} as const

export const LINE_ANSWER = {
  content: { 'text/plain': TEXT('One line.') },
} as const
