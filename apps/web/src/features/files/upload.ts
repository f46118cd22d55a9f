import type { FileInfo } from '@atrium/contract'
import { urlOf } from '../../api/client.ts'
import { errorFrom, networkError } from '../../api/error.ts'

/** Largest upload in bytes; the contract's `FILE_LIMIT_BYTES`, which would bring its schemas along. */
export const FILE_LIMIT_BYTES = 20 * 1024 * 1024

interface UploadOptions {
  /** The same key sends the same file again without storing it twice. */
  idempotencyKey: string
  signal: AbortSignal
  /** From 0 to 1. */
  onProgress: (share: number) => void
}

/** Uploads one image or text file; throws `ApiError`. (`fetch` cannot report the progress of a request.) */
export async function uploadFile(workspaceId: string, file: File, options: UploadOptions): Promise<FileInfo> {
  const form = new FormData()
  form.set('file', file, file.name)
  const response = await post(urlOf('uploadFile', { params: { workspaceId } }), form, options)
  if (!response.ok) throw await errorFrom(response)
  // The server checks its replies against the contract.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return (await response.json()) as FileInfo
}

function post(
  url: string,
  form: FormData,
  { idempotencyKey, signal, onProgress }: UploadOptions,
): Promise<Response> {
  const { promise, resolve, reject } = Promise.withResolvers<Response>()
  const request = new XMLHttpRequest()
  request.open('POST', url)
  request.setRequestHeader('Accept', 'application/json')
  request.setRequestHeader('Idempotency-Key', idempotencyKey)
  request.upload.addEventListener('progress', ({ loaded, total }) =>
    onProgress(total > 0 ? loaded / total : 0),
  )
  request.addEventListener('load', () => {
    const headers = { 'Retry-After': request.getResponseHeader('Retry-After') ?? '' }
    resolve(new Response(request.responseText, { status: request.status, headers }))
  })
  request.addEventListener('error', () => reject(networkError(new Error('upload'))))
  request.addEventListener('abort', () => reject(new DOMException('The upload was cancelled', 'AbortError')))
  signal.addEventListener('abort', () => request.abort(), { once: true })
  request.send(form)
  return promise
}
