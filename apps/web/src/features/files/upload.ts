import type { FileInfo } from '@atrium/contract'
import { urlOf } from '../../api/client.ts'
import { postFile, type PostOptions } from './post-form.ts'

/** Largest upload in bytes; the contract's `FILE_LIMIT_BYTES`, which would bring its schemas along. */
export const FILE_LIMIT_BYTES = 20 * 1024 * 1024

/** Uploads one image or text file; throws `ApiError`. */
export async function uploadFile(workspaceId: string, file: File, options: PostOptions): Promise<FileInfo> {
  const reply = await postFile(urlOf('uploadFile', { params: { workspaceId } }), file, options)
  // The server checks its replies against the contract.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return reply as FileInfo
}
