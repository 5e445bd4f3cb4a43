import { Type } from 'typebox'

/** An RFC 3339 time in UTC. */
const Time = Type.String({ format: 'date-time', examples: ['2026-11-22T12:00:00.000Z'] })

const Xid = Type.String({ examples: ['order-4711'], description: 'Unique per customer.' })
const PhoneNumber = Type.String({ examples: ['15555551212'], description: 'Digits only.' })

export const TokenText = Type.String({ description: 'The compact JWT and nothing else.' })

export const IssueBody = Type.Object(
  {
    phone_number: Type.String({
      maxLength: 40,
      examples: ['+1 (555) 555-1212'],
      description: 'E.164 with or without +; spaces, dots, dashes and brackets are ignored.',
    }),
    xid: Type.Optional(Xid),
  },
  { additionalProperties: false },
)

export const IssueAnswer = Type.Object({
  token: Type.String({ description: 'Compact JWT, HS256, valid for 80 seconds from now.' }),
  xid: Xid,
  phone_number: PhoneNumber,
  issued_at: Time,
  expires_at: Time,
})

const Status = Type.Enum(['issued', 'presented', 'completed', 'failed', 'revoked', 'expired'])

const ListedTransaction = Type.Object({
  xid: Xid,
  customer_id: Type.String(),
  phone_number: PhoneNumber,
  status: Status,
  issued_at: Time,
  expires_at: Time,
  updated_at: Time,
  reference_id: Type.Union([Type.String(), Type.Null()]),
})

export const WholeTransaction = Type.Object({
  ...ListedTransaction.properties,
  token: Type.Optional(Type.String({ description: 'The latest token; with STORE_TOKENS=full.' })),
  token_sha256: Type.Optional(Type.String({ description: 'Hex; with STORE_TOKENS=digest.' })),
  history: Type.Array(
    Type.Object({
      status: Status,
      at: Time,
      by: Type.String({ description: 'The id of the API key, or `open`.' }),
      detail: Type.Union([Type.String(), Type.Null()]),
    }),
  ),
})

export const ListQuery = Type.Object(
  {
    phone_number: Type.Optional(Type.String({ maxLength: 40 })),
    status: Type.Optional(Status),
    from: Type.Optional(Time),
    to: Type.Optional(Time),
    limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
    after: Type.Optional(Type.String({ maxLength: 500, description: '`next` of the last page.' })),
  },
  { additionalProperties: false },
)

export const TransactionPage = Type.Object({
  items: Type.Array(ListedTransaction),
  next: Type.Union([Type.String(), Type.Null()]),
})
