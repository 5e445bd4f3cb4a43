/** JSON Schemas of what users give of themselves, to operators and to the session flow alike. */

export const USERNAME = {
  type: 'string',
  description: '1 to 64 characters, no @. Upper and lower case are one name.',
  examples: ['michael'],
} as const

export const EMAIL = { type: 'string', examples: ['michael@example.com'] } as const

export const NEW_PASSWORD = {
  type: 'string',
  writeOnly: true,
  description: 'PASSWORD_MIN_LENGTH to 1024 characters.',
} as const

/** Who somebody is from now on. */
export const NEW_USER = {
  type: 'object',
  required: ['username', 'email', 'password'],
  additionalProperties: false,
  properties: { username: USERNAME, email: EMAIL, password: NEW_PASSWORD },
} as const
