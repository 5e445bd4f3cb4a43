/** What is said to machines, and of the clients that they are registered as. */
import type { ErrorRow } from './row.ts'

export const MACHINE_ERRORS = {
  client_id_invalid: {
    status: 400,
    title: 'The client id is not valid',
    help: 'Send 1 to 128 characters of A-Z a-z 0-9 . _ ~ : @ - that begin with a letter or a digit, but no UUID of version 7: the ids of users are.',
  },
  public_key_invalid: {
    status: 400,
    title: 'The public key cannot be used',
    help: 'Send SPKI PEM, a JWK or a JWK Set of RSA keys from 2048 bits on, P-256, P-384, P-521, Ed25519 or ML-DSA. `errors[]` says what is wrong.',
  },
  private_key_refused: {
    status: 400,
    title: 'A private key was sent',
    help: 'Send its public half, as `openssl pkey -in KEY -pubout` prints it. The private one has left its place: better make a new pair.',
  },
  request_token_malformed: {
    status: 400,
    title: 'The body is not a JWT',
    help: 'Send the request token itself, with nothing around it: no JSON, no form, no white space.',
  },
  identity_unknown: {
    status: 401,
    title: 'Nobody is known by that name',
    help: 'Compare `iss` of the request token with the id of the client. A client that is disabled is unknown too.',
  },
  request_token_refused: {
    status: 403,
    title: 'The request token is refused',
    help: 'The answer says why. Strict clients send `iss`, `sub`, `aud`, `exp` and `jti` as RFC 7523 has them, with `aud` the ISSUER of this service.',
  },
  request_token_used: {
    status: 403,
    title: 'The request token was used before',
    help: 'Sign another one, with another `jti`, for each login.',
  },
  use_token_not_yet_valid: {
    status: 403,
    title: 'The token is not yet valid (nbf)',
    help: 'Wait until its `nbf`.',
  },
  use_token_expired: {
    status: 403,
    title: 'Signature has expired',
    help: 'Log in again for another one.',
  },
  use_token_refused: {
    status: 403,
    title: 'The use token is refused',
    help: 'The answer says why. Send a use token of this service itself, with nothing around it.',
  },
  use_token_revoked: {
    status: 403,
    title: 'The token has been revoked',
    help: 'It was revoked, or its client was disabled or removed.',
  },
  use_token_spent: {
    status: 403,
    title: 'The token was used as often as it may be',
    help: 'Log in again for another one. How often is `max_uses` of the client.',
  },
  client_not_found: {
    status: 404,
    title: 'No such client',
    help: 'List the clients of this customer with `GET /v1/clients`. For others, a client that is disabled is none.',
  },
  client_key_not_found: {
    status: 404,
    title: 'The client has no such key',
    help: 'List its keys with `GET /v1/clients/{id}/keys`.',
  },
  client_exists: {
    status: 409,
    title: 'There is a client with this id',
    help: 'Choose another id: it may be taken by another customer. `PATCH /v1/clients/{id}` changes your own.',
  },
  client_key_exists: {
    status: 409,
    title: 'The client has this key, or another one of this kid',
    help: 'Delete the key that is there, or give the new one another `kid`.',
  },
  too_many_client_keys: {
    status: 409,
    title: 'The client has as many keys as it may have',
    help: 'Delete a key that is no longer used: a client has at most 10.',
  },
  last_client_key: {
    status: 409,
    title: 'The last key of a client cannot be deleted',
    help: 'Add its successor first, disable the client, or delete it.',
  },
  key_server_unavailable: {
    status: 503,
    title: 'The key server cannot answer now',
    help: 'Try again after the seconds in `Retry-After`. The operator compares KEYSERVER_URL with the log.',
    headers: ['Retry-After'],
  },
} as const satisfies Record<string, ErrorRow>
