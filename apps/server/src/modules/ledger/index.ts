/** The ledger: budgets, what calls reserve and spend, and the book that proves it. */
import { identity } from '#modules/identity'
import { defineModule } from '#platform/module'
import { api } from './api.ts'
import { jobs } from './jobs.ts'
import { createLedger } from './service.ts'

export { holdReleased, type HoldReleased } from './budgets.ts'
export type {
  CostCorrection,
  Estate,
  Heir,
  Hold,
  HoldRequest,
  InterruptedCall,
  Ledger,
  Outcome,
  Payer,
  RecordedCall,
} from './types.ts'

export const ledger = defineModule({
  name: 'ledger',
  needs: { identity },
  build: (context, scope) => createLedger(context, scope),
  faces: { api, jobs },
})
