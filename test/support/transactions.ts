/** What tests of the transaction flow ask of a service, and how they read its answers. */
import { ADMIN_KEY, type TestService } from './service.ts'

export const PHONE = '15555551212'

export interface Whole {
  xid: string
  phone_number: string
  status: string
  token?: string
  token_sha256?: string
  issued_at: string
  expires_at: string
  updated_at: string
  history: { status: string; at: string; by: string; detail: string | null }[]
}

export const json = async <T = Record<string, unknown>>(answer: Response): Promise<T> =>
  (await answer.json()) as T
export const codeOf = async (answer: Response) => (await json<{ code: string }>(answer)).code
export const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())

/** Looks transactions of `service` up. */
export const lookUp = ({ get }: TestService) => ({
  transaction: async (xid: string) => json<Whole>(await get(`/v1/transactions/${xid}`, ADMIN_KEY)),
  async countOf(phone: string) {
    const page = await get(`/v1/transactions?phone_number=${phone}`, ADMIN_KEY)
    return (await json<{ items: unknown[] }>(page)).items.length
  },
})

/** A phone number of its own for each test. */
const unusedPhones = Array.from({ length: 1_000 }, (_, i) => `1555${String(i).padStart(7, '0')}`)
export const newPhone = () => unusedPhones.pop() as string
