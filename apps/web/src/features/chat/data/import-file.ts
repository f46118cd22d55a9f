import type { ImportReport } from '@atrium/contract'
import { urlOf } from '../../../api/client.ts'
import { uuidv7 } from '../../../api/ids.ts'
import { postFile } from '../../files/post-form.ts'

/** Sends an export to be imported; throws `ApiError`. */
export async function importFile(
  workspaceId: string,
  file: File,
  onProgress: (share: number) => void,
): Promise<ImportReport> {
  const url = urlOf('importConversations', { params: { workspaceId } })
  const reply = await postFile(url, file, { idempotencyKey: uuidv7(), onProgress })
  // The server checks its replies against the contract.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return reply as ImportReport
}
