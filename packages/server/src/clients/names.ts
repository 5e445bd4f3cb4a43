/**
 * The name of a client. It stands in `iss`, in a path and in a query, is sent to key servers and
 * printed in logs, so it is made of what needs no escape in any of them. No slash: proxies decode %2F
 * in a path, and two names would become one address. The first character is a letter or a digit: no
 * name is `..`, and none looks like a flag of a command.
 */
const CLIENT_ID = /^[A-Za-z0-9][A-Za-z0-9._~:@-]{0,127}$/
/**
 * UUIDs of version 7, which ids of users are: whoever reads only `sub` would take the machine for the
 * person (RFC 9700 §4.15), and what is revoked of the one for the other.
 */
const USER_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Whether somebody can have this name: nobody is asked about one that nobody can have. */
export const isClientId = (id: unknown): id is string =>
  typeof id === 'string' && CLIENT_ID.test(id) && !USER_ID.test(id)
