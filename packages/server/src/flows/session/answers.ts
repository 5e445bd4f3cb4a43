/** How users and their tokens look in answers: in the words of the documents that the routes are from. */
import { timeText } from '../../http.ts'
import type { User } from '../../users/store.ts'
import type { TokenPair } from './token-pairs.ts'

export const SAYS = {
  registered: 'Successfully registered.',
  loggedIn: 'Successfully logged in.',
  loggedOut: 'Successfully logged out.',
  passwordChanged: 'Successfully changed password.',
} as const

export const doneAnswer = (message: string) => ({ status: 'success' as const, message })

/** Of testdriven.io. */
export const loginAnswer = (message: string, { accessToken, refreshToken }: TokenPair) => ({
  ...doneAnswer(message),
  auth_token: accessToken,
  refresh_token: refreshToken,
})

/** Of Flask-JWT-Extended, with the members of RFC 6749 §5.1. */
export const tokenAnswer = ({ accessToken, userId, expiresIn, refreshToken }: TokenPair) => ({
  token: accessToken,
  user_id: userId,
  token_type: 'Bearer' as const,
  expires_in: expiresIn,
  refresh_token: refreshToken,
})

export const statusAnswer = ({ id, username, email, active, createdAt }: User) => ({
  status: 'success' as const,
  data: {
    id,
    username: username.shown,
    email: email.shown,
    active,
    created_at: timeText(createdAt),
  },
})
