import { z } from 'zod'
import { id, timestamp, workspaceParams } from './common.ts'
import { route } from './route.ts'

/** Largest upload in bytes. */
export const FILE_LIMIT_BYTES = 20 * 1024 * 1024

export const file = z
  .object({
    id,
    name: z.string(),
    /** What the bytes are, not what the client said. */
    mediaType: z.string(),
    kind: z.enum(['image', 'text']),
    sizeBytes: z.number().int(),
    createdAt: timestamp,
  })
  .meta({ id: 'File' })
export type FileInfo = z.infer<typeof file>

const tag = 'files'
const ws = '/api/v1/workspaces/{workspaceId}'

export const fileRoutes = {
  uploadFile: route({
    id: 'uploadFile',
    method: 'POST',
    path: `${ws}/files`,
    tag,
    access: 'file:write',
    summary: 'Upload one image or text file (multipart field `file`)',
    params: workspaceParams,
    accepts: 'multipart',
    response: file,
    status: 201,
    bodyLimitBytes: FILE_LIMIT_BYTES + 64 * 1024,
  }),
  getFile: route({
    id: 'getFile',
    method: 'GET',
    path: `${ws}/files/{fileId}`,
    tag,
    access: 'file:read',
    summary: 'What is known of a file',
    params: workspaceParams.extend({ fileId: id }),
    response: file,
  }),
  createFileUrl: route({
    id: 'createFileUrl',
    method: 'POST',
    path: `${ws}/files/{fileId}/urls`,
    tag,
    access: 'file:read',
    summary: 'A signed address of the bytes, good for five minutes',
    params: workspaceParams.extend({ fileId: id }),
    body: z.object({ disposition: z.enum(['inline', 'attachment']).default('inline') }),
    response: z.object({ url: z.string(), expiresAt: timestamp }),
  }),
  deliverFile: route({
    id: 'deliverFile',
    method: 'GET',
    path: '/files/{workspaceId}/{fileId}',
    tag,
    access: 'public',
    summary: 'The bytes, by signed address',
    params: workspaceParams.extend({ fileId: id }),
    query: z.object({
      expires: z.coerce.number().int(),
      disposition: z.enum(['inline', 'attachment']),
      signature: z.string().max(100),
    }),
    response: null,
    status: 200,
    produces: 'binary',
  }),
} as const
