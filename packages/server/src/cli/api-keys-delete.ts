import { changeCommand } from './change.ts'
import { naming } from './failure.ts'

export const apiKeysDelete = changeCommand(
  ['jotter api-keys delete 1f0a9c6b2d4e', 'jotter api-keys delete 1f0a9c6b2d4e --json'],
  ['<id>', 'the id of the key, as `jotter api-keys list` shows it'],
  async (admin, id) => {
    await naming(`id ${id}`, admin.removeApiKey(id))
    return {
      answer: { id, deleted: true },
      told: `deleted API key ${id}: servers refuse it within a second`,
      next: 'jotter api-keys list',
    }
  },
)
