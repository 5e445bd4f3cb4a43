/**
 * The name of a client. It stands in `iss`, in a path and in a query, is sent to key servers and
 * printed in logs, so it is made of what needs no escape in any of them. No slash: proxies decode %2F
 * in a path, and two names would become one address. The first character is a letter or a digit: no
 * name is `..`, and none looks like a flag of a command.
 */
const CLIENT_ID = /^[A-Za-z0-9][A-Za-z0-9._~:@-]{0,127}$/

/** Whether somebody can have this name: nobody is asked about one that nobody can have. */
export const isClientId = (id: unknown): id is string =>
  typeof id === 'string' && CLIENT_ID.test(id)
