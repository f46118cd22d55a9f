import { finished, Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Member } from './caller.ts'

/** A file that is written while it is sent. */
export interface DownloadFile {
  readonly mediaType: string
  /** The Content-Disposition header. */
  readonly disposition: string
  readonly text: AsyncIterable<string>
}

/** Takes the reply over. The text is read as fast as it is taken; the connection is cut when the caller loses access. */
export function sendDownload(
  app: FastifyInstance,
  { caller, reply }: { caller: Member; reply: FastifyReply },
  { mediaType, disposition, text }: DownloadFile,
): void {
  const watch = app.services.gatekeeper.watch(caller, caller.workspaceId)
  const source = Readable.from(text, { objectMode: false })
  watch.onEnd(() => {
    source.destroy()
    reply.raw.destroy()
  })
  finished(reply.raw, () => watch.release())
  reply
    .code(200)
    .header('content-type', mediaType)
    .header('content-disposition', disposition)
    .header('cache-control', 'private, no-store')
    .send(source)
}
