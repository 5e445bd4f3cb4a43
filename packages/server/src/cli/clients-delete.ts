import { changeCommand } from './change.ts'
import { CLIENT } from './client-options.ts'
import { naming } from './failure.ts'

export const clientsDelete = changeCommand(
  ['jotter clients delete app1', 'jotter clients delete app1 --json'],
  CLIENT,
  async (admin, id) => {
    await naming(`id ${id}`, admin.removeClient(id))
    return {
      answer: { id, deleted: true },
      told: `deleted client ${id}, and its keys`,
      next: 'jotter clients list',
    }
  },
)
