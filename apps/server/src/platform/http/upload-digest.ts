import { createHash, type Hash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'

/** What tells the file of a multipart request from other files, without keeping it. */
export interface UploadDigest {
  /** SHA-256 of the file as far as a handler has read it. */
  taken(): Buffer
  /** Reads the file to its end for nothing but its digest. */
  read(): Promise<Buffer>
}

/**
 * Takes the digest of the file that a request carries while the handler reads it, by `request.file`. Boundaries are
 * left out: a client that sends the same form again makes up another one.
 */
export function digestUpload(request: FastifyRequest): UploadDigest {
  const open = request.file.bind(request)
  const hash = createHash('sha256')
  request.file = async (options) => {
    const part = await open(options)
    if (part) watch(part, hash)
    return part
  }
  return {
    taken: () => hash.copy().digest(),
    read: async () => {
      const part = await request.file({ limits: { fileSize: Infinity } })
      if (part) for await (const _ of part.file);
      return hash.digest()
    },
  }
}

type Part = NonNullable<Awaited<ReturnType<FastifyRequest['file']>>>

function watch({ fieldname, filename, mimetype, file }: Part, hash: Hash): void {
  hash.update(JSON.stringify([fieldname, filename, mimetype]))
  // Prepended, since a listener that is added the usual way would set the stream flowing before anyone reads it.
  file.prependListener('data', (chunk: Buffer) => hash.update(chunk))
}
