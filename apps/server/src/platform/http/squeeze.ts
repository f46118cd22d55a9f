import { negotiate } from '@fastify/accept-negotiator'
import { constants, gzipSync, zstdCompressSync } from 'node:zlib'
import type { FastifyInstance } from 'fastify'

/** Below this compression gains nothing; above it a stream is better than holding up the process. */
const smallest = 1024
const largest = 128 * 1024

/**
 * Compresses short JSON answers at once: a compressing stream costs about 0.3 ms per answer, this a tenth of it.
 * What it leaves alone is streamed through `@fastify/compress`.
 */
export function squeezeShortAnswers(app: FastifyInstance): void {
  app.addHook('onSend', async (request, reply, payload) => {
    if (typeof payload !== 'string' || payload.length < smallest || payload.length > largest) return payload
    if (reply.hasHeader('content-encoding') || reply.hasHeader('cache-control')) return payload
    const name = negotiate(request.headers['accept-encoding']?.toString() ?? '', ['zstd', 'gzip', 'identity'])
    if (name !== 'zstd' && name !== 'gzip') return payload
    reply.header('content-encoding', name).header('vary', 'accept-encoding').removeHeader('content-length')
    return name === 'zstd' ? zstdCompressSync(payload, zstdOptions) : gzipSync(payload, { level: 1 })
  })
}

const zstdOptions = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }
