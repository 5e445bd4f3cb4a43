import { changeCommand } from './change.ts'
import { CLIENT } from './client-options.ts'
import { naming } from './failure.ts'

export const clientsDisable = changeCommand(
  ['jotter clients disable app1', 'jotter clients disable app1 --json'],
  CLIENT,
  async (admin, id) => ({
    answer: await naming(`id ${id}`, admin.updateClient(id, { disabled: true })),
    told: `disabled client ${id}: it can no longer log in`,
    next: `jotter clients update ${id} --enable`,
  }),
)
