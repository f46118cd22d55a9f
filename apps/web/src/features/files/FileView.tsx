import { Icon } from '../../ui/index.ts'
import { fileSize } from './file-size.ts'
import { useFileUrl } from './use-file-url.ts'

interface FileViewProps {
  workspaceId: string
  fileId: string
  name: string
  mediaType: string
  sizeBytes: number
}

/** A file in a message: images are shown, others are named; both open in their own tab. */
export function FileView({ workspaceId, fileId, name, mediaType, sizeBytes }: FileViewProps) {
  const isImage = mediaType.startsWith('image/')
  const url = useFileUrl(workspaceId, fileId)
  const inner =
    isImage && url ? (
      <img src={url} alt={name} loading="lazy" className="max-h-60 max-w-full rounded-6 object-contain" />
    ) : (
      <span className="flex h-12 max-w-60 items-center gap-2 px-2">
        <Icon name={isImage ? 'image' : 'file'} className="text-muted" />
        <span className="min-w-0">
          <span className="block truncate text-13">{name}</span>
          <span className="block text-12 text-muted">{fileSize(sizeBytes)}</span>
        </span>
      </span>
    )
  const className =
    'block self-start overflow-hidden rounded-6 border border-line bg-raised hover:border-line-strong'
  if (!url) return <span className={className}>{inner}</span>
  return (
    <a href={url} target="_blank" rel="noopener noreferrer" className={className}>
      {inner}
    </a>
  )
}
