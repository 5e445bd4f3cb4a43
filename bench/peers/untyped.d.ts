/** What is used of packages that come without types. */
declare module 'express' {
  interface Request {
    readonly params: Readonly<Record<string, string>>
  }
  interface Response {
    type(name: string): Response
    send(body: string): Response
  }
  interface Application {
    get(path: string, handler: (request: Request, response: Response) => void): void
    listen(port: number, host: string, ready: () => void): import('node:http').Server
  }
  export default function express(): Application
}

declare module 'jsonwebtoken' {
  type Secret = string | import('node:buffer').Buffer | import('node:crypto').KeyObject
  interface SignOptions {
    readonly algorithm?: string
    readonly issuer?: string
    readonly expiresIn?: number
  }
  interface VerifyOptions {
    readonly algorithms: readonly string[]
    readonly issuer: string
    readonly audience: string
  }
  const jsonwebtoken: {
    sign(claims: object, key: Secret, options?: SignOptions): string
    verify(token: string, key: Secret, options: VerifyOptions): unknown
  }
  export default jsonwebtoken
}
