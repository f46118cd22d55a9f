import { callRaw } from '../../../api/client.ts'

/** Saves a reply as a file, under the name that the server gives it. */
async function save(response: Response, fallbackName: string): Promise<void> {
  const url = URL.createObjectURL(await response.blob())
  const link = document.createElement('a')
  link.href = url
  link.download = nameIn(response.headers.get('Content-Disposition')) ?? fallbackName
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}

export async function exportConversation(
  workspaceId: string,
  conversationId: string,
  format: 'markdown' | 'json',
): Promise<void> {
  const response = await callRaw('exportConversation', {
    params: { workspaceId, conversationId },
    query: { format },
  })
  await save(response, `conversation.${format === 'markdown' ? 'md' : 'json'}`)
}

export async function exportAll(workspaceId: string): Promise<void> {
  await save(await callRaw('exportAll', { params: { workspaceId } }), 'atrium-conversations.json')
}

/** The file name of a `Content-Disposition` header (RFC 6266). */
function nameIn(header: string | null): string | null {
  const encoded = /filename\*=UTF-8''([^;]+)/i.exec(header ?? '')?.[1]
  const plain = /filename="([^"]+)"/i.exec(header ?? '')?.[1] ?? null
  try {
    return encoded ? decodeURIComponent(encoded) : plain
  } catch {
    return plain
  }
}
