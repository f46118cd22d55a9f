import { FILE_LIMIT_BYTES, fileRoutes as routes } from '@atrium/contract'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ByteRange } from '#platform/blobs'
import { mount } from '#platform/http'
import { fileErrors } from './errors.ts'
import type { FilesService, Opened } from './service.ts'
import type { Claim } from './sniff.ts'

/** Routes of files: contract → service. */
export function api(app: FastifyInstance, { own: files }: FilesService): void {
  mount(
    app,
    routes.uploadFile,
    async ({ caller, request }) => {
      try {
        const { claim, source } = await uploadOf(request)
        return await files.upload(caller, claim, source)
      } catch (error) {
        discardRest(request)
        throw error
      }
    },
    { outside: true },
  )
  mount(app, routes.getFile, ({ caller, params }) => files.get(caller, params.fileId))
  mount(app, routes.createFileUrl, ({ caller, params, body }) =>
    files.mintUrl(caller, params.fileId, body.disposition),
  )
  mount(app, routes.deliverFile, async () => undefined, {
    respond: async (_nothing, { params, query, request, reply }) => {
      const { expires, disposition, signature } = query
      const range = rangeOf(request.headers.range)
      const opened = await files.open({ ...params, expires, disposition }, signature, range)
      deliver(reply, opened, disposition, range !== undefined)
      return true
    },
  })
}

async function uploadOf(
  request: FastifyRequest,
): Promise<{ claim: Claim; source: AsyncIterable<Uint8Array> }> {
  if (!request.isMultipart()) throw fileErrors.notMultipart()
  // One byte more than allowed, so that a file that is too large is seen to be.
  const part = await request.file({ limits: { fileSize: FILE_LIMIT_BYTES + 1, files: 1 } })
  if (!part || part.fieldname !== 'file') throw fileErrors.noFile()
  if (part.filename.includes('\0')) throw fileErrors.nameWithNul()
  return { claim: { name: part.filename, mediaType: part.mimetype.toLowerCase() }, source: part.file }
}

/** Lets the rest of a refused upload run into the void: a client that still sends would not read the answer. */
function discardRest({ raw }: FastifyRequest): void {
  raw.unpipe()
  raw.resume()
}

/** The bytes with headers that leave nothing to a browser's imagination, and no script to run. */
function deliver(reply: FastifyReply, opened: Opened, disposition: string, partial: boolean): void {
  const { stream, sizeBytes, start, end, kind, mediaType } = opened
  const asRange = partial && kind === 'image'
  reply
    .code(asRange ? 206 : 200)
    .header('content-type', kind === 'image' ? mediaType : 'text/plain; charset=utf-8')
    .header('content-length', sizeBytes === 0 ? 0 : end - start + 1)
    .header('content-disposition', dispositionOf(disposition, opened.name))
    .header('content-security-policy', "sandbox; default-src 'none'; style-src 'unsafe-inline'")
    .header('x-content-type-options', 'nosniff')
    .header('cross-origin-resource-policy', 'same-origin')
    .header('cache-control', 'private, max-age=300')
  if (kind === 'image') reply.header('accept-ranges', 'bytes')
  if (asRange) reply.header('content-range', `bytes ${start}-${end}/${sizeBytes}`)
  reply.send(stream)
}

/** RFC 6266: an ASCII name for old readers, and the real one. */
function dispositionOf(disposition: string, name: string): string {
  const ascii = name.replaceAll(/[^\x20-\x7E]|["\\%]/g, '_')
  const encoded = encodeURIComponent(name).replaceAll(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `${disposition}; filename="${ascii}"; filename*=UTF-8''${encoded}`
}

/** One range from a start (RFC 9110, section 14); anything else is answered in full, as the RFC allows. */
function rangeOf(header: string | undefined): ByteRange | undefined {
  const [, start, end] = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(header ?? '') ?? []
  if (start === undefined || (end && Number(end) < Number(start))) return undefined
  return { start: Number(start), ...(end ? { end: Number(end) } : {}) }
}
