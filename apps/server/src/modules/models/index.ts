/** Models: connections to providers, the catalogue, and the router through which every model is called. */
import { identity } from '#modules/identity'
import { ledger } from '#modules/ledger'
import { defineModule } from '#platform/module'
import { api } from './api.ts'
import { jobs } from './jobs.ts'
import { createModels } from './service.ts'

export { priceOf } from './catalogue/prices.ts'
export { ReaderGone } from './router/drain.ts'
export type { Models } from './service.ts'
export type {
  CallError,
  CallErrorCode,
  CallListener,
  CallPurpose,
  CallResult,
  CallStart,
  CitedSource,
  ForwardCall,
  ForwardReply,
  ModelCall,
  RawRequest,
  ReplyPart,
  ResolvedModel,
  RoutedRequest,
  ToolResult,
  Why,
} from './types.ts'

export const models = defineModule({
  name: 'models',
  needs: { identity, ledger },
  build: (context, scope) => createModels(context, scope),
  faces: { api, jobs },
})
