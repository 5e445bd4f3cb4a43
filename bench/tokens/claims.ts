/** The token that every library signs and checks, and what each is told to demand of it. */
export const ISSUER = 'https://issuer.example'
export const AUDIENCE = 'https://service.example'

/** @param now Epoch seconds; the token lives for a day, longer than any run. */
export const claimsAt = (now: number) => ({
  iss: ISSUER,
  aud: AUDIENCE,
  sub: '15555551212',
  iat: now,
  exp: now + 86_400,
  jti: '01980e2c-5f7a-7c3e-9d41-6a0b8c2f4e11',
})

export type BenchClaims = ReturnType<typeof claimsAt>
