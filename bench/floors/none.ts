/** The floor without a store: the least that HTTP and the token cost. */
import { answer, floorOptions, serve } from './http.ts'

serve(floorOptions().port, {
  issue: (row, response) => answer(response, row.token),
  close: () => {},
})
