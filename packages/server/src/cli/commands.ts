/** Which commands there are, and in a line what each is about. */
import type { CliCommand } from './command.ts'

export interface Row {
  about: string
  load: () => Promise<CliCommand>
}

interface Group {
  about: string
  examples: readonly [string, string]
  verbs: Readonly<Record<string, Row>>
}

export const isGroup = (entry: Row | Group): entry is Group => 'verbs' in entry

/** By noun. The module of a command is loaded when a line names it, so that none waits for the others. */
export const COMMANDS: Readonly<Record<string, Row | Group>> = {
  serve: {
    about: 'run the service until SIGTERM or SIGINT',
    load: async () => (await import('./serve.ts')).serve,
  },
  token: {
    about: 'issue a token, look into one, check one',
    examples: ['jotter token issue --phone 15555551212', 'jotter token verify - < token.txt'],
    verbs: {
      issue: {
        about: 'issue a transaction token for a phone number',
        load: async () => (await import('./token-issue.ts')).tokenIssue,
      },
      decode: {
        about: 'show what a token says, unchecked',
        load: async () => (await import('./token-decode.ts')).tokenDecode,
      },
      verify: {
        about: 'check a token; exit code 0 accepted, 3 not',
        load: async () => (await import('./token-verify.ts')).tokenVerify,
      },
    },
  },
  tx: {
    about: 'find transactions',
    examples: ['jotter tx list --since 1h', 'jotter tx show order-4711'],
    verbs: {
      list: {
        about: 'list transactions, newest first',
        load: async () => (await import('./tx-list.ts')).txList,
      },
      show: {
        about: 'show a transaction with its history',
        load: async () => (await import('./tx-show.ts')).txShow,
      },
    },
  },
  'api-keys': {
    about: 'make, list and delete API keys',
    examples: [
      'jotter api-keys create --name backend --scope transactions:write',
      'jotter api-keys list',
    ],
    verbs: {
      create: {
        about: 'make an API key; its secret is shown once',
        load: async () => (await import('./api-keys-create.ts')).apiKeysCreate,
      },
      list: {
        about: 'list API keys, without their secrets',
        load: async () => (await import('./api-keys-list.ts')).apiKeysList,
      },
      delete: {
        about: 'delete an API key; servers refuse it within a second',
        load: async () => (await import('./api-keys-delete.ts')).apiKeysDelete,
      },
    },
  },
  clients: {
    about: 'register machines by their public keys',
    examples: ['jotter clients create app1 --key app1.pub.pem', 'jotter clients list'],
    verbs: {
      create: {
        about: 'register a client by its public key',
        load: async () => (await import('./clients-create.ts')).clientsCreate,
      },
      list: {
        about: 'list clients, oldest first',
        load: async () => (await import('./clients-list.ts')).clientsList,
      },
      show: {
        about: 'show a client with its keys',
        load: async () => (await import('./clients-show.ts')).clientsShow,
      },
      update: {
        about: 'change what a client is given, or enable it',
        load: async () => (await import('./clients-update.ts')).clientsUpdate,
      },
      disable: {
        about: 'refuse a client until it is enabled again',
        load: async () => (await import('./clients-disable.ts')).clientsDisable,
      },
      delete: {
        about: 'delete a client with its keys',
        load: async () => (await import('./clients-delete.ts')).clientsDelete,
      },
    },
  },
  users: {
    about: 'make, list, disable and import users',
    examples: [
      'jotter users create michael --email michael@example.com',
      'jotter users import users.csv --dry-run',
    ],
    verbs: {
      create: {
        about: 'make a user; the password is asked for',
        load: async () => (await import('./users-create.ts')).usersCreate,
      },
      list: {
        about: 'list users, newest first',
        load: async () => (await import('./users-list.ts')).usersList,
      },
      show: {
        about: 'show a user, by id, user name or e-mail address',
        load: async () => (await import('./users-show.ts')).usersShow,
      },
      passwd: {
        about: 'give a user another password, and end every session',
        load: async () => (await import('./users-passwd.ts')).usersPasswd,
      },
      disable: {
        about: 'refuse a user and every token; servers do so within a second',
        load: async () => (await import('./users-disable.ts')).usersDisable,
      },
      enable: {
        about: 'let a user log in again',
        load: async () => (await import('./users-enable.ts')).usersEnable,
      },
      revoke: {
        about: 'end every session of a user',
        load: async () => (await import('./users-revoke.ts')).usersRevoke,
      },
      import: {
        about: 'take over users with the hashes of their passwords',
        load: async () => (await import('./users-import.ts')).usersImport,
      },
    },
  },
  keys: {
    about: 'look after the keys that tokens are signed with',
    examples: ['jotter keys list', 'jotter keys rotate --dry-run'],
    verbs: {
      list: {
        about: 'list signing keys with their states and dates',
        load: async () => (await import('./keys-list.ts')).keysList,
      },
      show: {
        about: 'show a signing key and its public half',
        load: async () => (await import('./keys-show.ts')).keysShow,
      },
      rotate: {
        about: 'let another key sign, when everybody can know it',
        load: async () => (await import('./keys-rotate.ts')).keysRotate,
      },
      promote: {
        about: 'let the next key sign now; exit code 5 when it is too early',
        load: async () => (await import('./keys-promote.ts')).keysPromote,
      },
      retire: {
        about: 'end a key; exit code 5 while it is in use',
        load: async () => (await import('./keys-retire.ts')).keysRetire,
      },
      generate: {
        about: 'make a key pair and print it; no store is asked',
        load: async () => (await import('./keys-generate.ts')).keysGenerate,
      },
      import: {
        about: 'take in a private key as the one that signs next',
        load: async () => (await import('./keys-import.ts')).keysImport,
      },
      export: {
        about: 'print the public half of a key, or both',
        load: async () => (await import('./keys-export.ts')).keysExport,
      },
    },
  },
  migrate: {
    about: 'bring the schema of the database up to date',
    examples: ['jotter migrate status', 'jotter migrate up'],
    verbs: {
      up: {
        about: 'apply the migrations that are missing',
        load: async () => (await import('./migrate-up.ts')).migrateUp,
      },
      status: {
        about: 'list the migrations; exit code 0 all applied, 3 not',
        load: async () => (await import('./migrate-status.ts')).migrateStatus,
      },
    },
  },
  config: {
    about: 'show, check and document the settings',
    examples: ['jotter config show', 'JOTTER_ENV=production jotter config check'],
    verbs: {
      show: {
        about: 'show every setting and where its value comes from',
        load: async () => (await import('./config-show.ts')).configShow,
      },
      check: {
        about: 'report every problem of the settings; exit code 2 when there is one',
        load: async () => (await import('./config-check.ts')).configCheck,
      },
      docs: {
        about: 'print docs/configuration.md',
        load: async () => (await import('./config-docs.ts')).configDocs,
      },
    },
  },
  errors: {
    about: 'document the error codes',
    examples: ['jotter errors docs', 'jotter errors docs > docs/errors.md'],
    verbs: {
      docs: {
        about: 'print docs/errors.md',
        load: async () => (await import('./errors-docs.ts')).errorsDocs,
      },
    },
  },
  health: {
    about: 'ask whether a server is up; exit code 0, 3 or 6',
    load: async () => (await import('./health.ts')).health,
  },
  version: {
    about: 'print the version',
    load: async () => (await import('./version.ts')).version,
  },
}
