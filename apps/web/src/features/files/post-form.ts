import { errorFrom, networkError } from '../../api/error.ts'

export interface PostOptions {
  /** The same key sends the same file again without storing it twice. */
  idempotencyKey: string
  signal?: AbortSignal
  /** From 0 to 1. */
  onProgress: (share: number) => void
}

/** Posts one file as multipart field `file` and reads the JSON answer; throws `ApiError`. (`fetch` cannot report the progress of a request.) */
export async function postFile(url: string, file: File, options: PostOptions): Promise<unknown> {
  const form = new FormData()
  form.set('file', file, file.name)
  const response = await post(url, form, options)
  if (!response.ok) throw await errorFrom(response)
  return response.json()
}

function post(url: string, form: FormData, options: PostOptions): Promise<Response> {
  const { promise, resolve, reject } = Promise.withResolvers<Response>()
  const request = new XMLHttpRequest()
  request.open('POST', url)
  request.setRequestHeader('Accept', 'application/json')
  request.setRequestHeader('Idempotency-Key', options.idempotencyKey)
  request.upload.addEventListener('progress', ({ loaded, total }) => {
    options.onProgress(total > 0 ? loaded / total : 0)
  })
  request.addEventListener('load', () => {
    const headers = { 'Retry-After': request.getResponseHeader('Retry-After') ?? '' }
    resolve(new Response(request.responseText, { status: request.status, headers }))
  })
  request.addEventListener('error', () => reject(networkError(new Error('upload'))))
  request.addEventListener('abort', () => reject(new DOMException('The upload was cancelled', 'AbortError')))
  options.signal?.addEventListener('abort', () => request.abort(), { once: true })
  request.send(form)
  return promise
}
