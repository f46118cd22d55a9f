import { chatRoutes, type ImportReport } from '@atrium/contract'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { AppError } from '#platform/errors'
import { mount, sendDownload, type Member } from '#platform/http'
import { attachmentHeader } from './file-name.ts'
import { maxUploadBytes, type Download, type Transfer } from './index.ts'

const nothing = async (): Promise<void> => undefined

export function mountTransfer(app: FastifyInstance, transfer: Transfer): void {
  mount(app, chatRoutes.exportConversation, nothing, {
    respond: async (_result, call) => {
      const { caller, params, query } = call
      return send(app, call, await transfer.exportOne(caller, params.conversationId, query.format))
    },
  })
  mount(app, chatRoutes.exportAll, nothing, {
    respond: async (_result, call) => send(app, call, transfer.exportAll(call.caller)),
  })
  mount(app, chatRoutes.importConversations, ({ caller, request }) => importFrom(caller, request, transfer), {
    outside: true,
  })
}

function send(
  app: FastifyInstance,
  call: Parameters<typeof sendDownload>[1],
  { fileName, mediaType, text }: Download,
): true {
  sendDownload(app, call, { mediaType, disposition: attachmentHeader(fileName), text })
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
