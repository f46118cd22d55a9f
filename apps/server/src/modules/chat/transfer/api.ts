import { Readable } from 'node:stream'
import { chatRoutes, type ImportReport } from '@atrium/contract'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { AppError } from '#platform/errors'
import { mount, type Member } from '#platform/http'
import { attachmentHeader } from './file-name.ts'
import { maxUploadBytes, type Download, type Transfer } from './index.ts'

const nothing = async (): Promise<void> => undefined

export function mountTransfer(app: FastifyInstance, transfer: Transfer): void {
  mount(app, chatRoutes.exportConversation, nothing, {
    respond: async (_result, { caller, params, query, reply }) =>
      send(reply, await transfer.exportOne(caller, params.conversationId, query.format)),
  })
  mount(app, chatRoutes.exportAll, nothing, {
    respond: async (_result, { caller, reply }) => send(reply, transfer.exportAll(caller)),
  })
  mount(app, chatRoutes.importConversations, ({ caller, request }) => importFrom(caller, request, transfer), {
    outside: true,
  })
}

/** Takes the reply over: the file is read as fast as it is taken. */
function send(reply: FastifyReply, download: Download): true {
  reply
    .code(200)
    .header('content-type', download.mediaType)
    .header('content-disposition', attachmentHeader(download.fileName))
    .header('cache-control', 'private, no-store')
    .send(Readable.from(download.text, { objectMode: false }))
  return true
}

async function importFrom(
  caller: Member,
  request: FastifyRequest,
  transfer: Transfer,
): Promise<ImportReport> {
  try {
    return await transfer.import(caller, await uploadOf(request))
  } catch (error) {
    // What is still to come of a refused file must be taken from the connection, or the next request on it waits for ever.
    request.raw.unpipe()
    request.raw.resume()
    throw error
  }
}

async function uploadOf(request: FastifyRequest): Promise<AsyncIterable<Uint8Array>> {
  if (!request.isMultipart())
    throw new AppError('UNSUPPORTED_MEDIA_TYPE', 'Send the file as multipart/form-data.')
  // One byte more, so that the service sees that the file is too large.
  const part = await request.file({ limits: { fileSize: maxUploadBytes + 1 } })
  if (part?.fieldname !== 'file') throw new AppError('MISSING_REQUIRED_FIELD', 'file: is missing')
  return part.file
}
