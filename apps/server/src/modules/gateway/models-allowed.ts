import { allowsModel } from '@atrium/contract'
import type { Member } from '#platform/http'
import { gatewayErrors } from './errors.ts'

/** Whether the caller's key may call a model; a session may call all. */
export const mayCall = ({ key }: Member, model: string): boolean => allowsModel(key?.models ?? null, model)

/** @throws AppError 403 when the caller's key may not call the model */
export function refuseModel(member: Member, model: string): void {
  if (!mayCall(member, model)) throw gatewayErrors.modelNotAllowed(model)
}
