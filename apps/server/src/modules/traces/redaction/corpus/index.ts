import { contacts } from './contacts.ts'
import { harder } from './harder.ts'
import { negatives } from './negatives.ts'
import { numbers } from './numbers.ts'
import { type Sample, sampleOf } from './sample.ts'
import { secrets } from './secrets.ts'

export type { Sample, Span } from './sample.ts'

export const corpus: readonly Sample[] = [...contacts, ...numbers, ...secrets, ...negatives, ...harder].map(
  sampleOf,
)
