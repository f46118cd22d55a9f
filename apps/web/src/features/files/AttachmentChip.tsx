import { Icon, IconButton } from '../../ui/index.ts'
import { fileSize } from './file-size.ts'
import type { Attachment } from './use-attachments.ts'
import { useFileUrl } from './use-file-url.ts'

interface AttachmentChipProps {
  workspaceId: string
  attachment: Attachment
  onRemove: () => void
}

/** A file in the composer: thumbnail, progress or what went wrong, and a way to take it out. */
export function AttachmentChip({ workspaceId, attachment, onRemove }: AttachmentChipProps) {
  const { name, sizeBytes, isImage, progress, file, error } = attachment
  const url = useFileUrl(workspaceId, file?.id ?? '', isImage && file !== null)
  const percent = Math.round(progress * 100)
  return (
    <li className="relative flex min-h-12 max-w-72 items-center gap-2 overflow-hidden rounded-6 border border-line bg-paper pr-1 pl-1.5">
      {url ? (
        <img src={url} alt="" className="size-9 rounded-4 object-cover" />
      ) : (
        <span className="flex size-9 items-center justify-center rounded-4 bg-sunken text-muted">
          <Icon name={isImage ? 'image' : 'file'} />
        </span>
      )}
      <span className="min-w-0 flex-1">
        <span className="block truncate text-13">{name}</span>
        <span className={`block text-12 ${error ? 'py-0.5 text-danger' : 'truncate text-muted'}`}>
          {error ?? (file ? fileSize(sizeBytes) : `Uploading ${percent} %`)}
        </span>
      </span>
      <IconButton icon="close" size="sm" label={`Remove ${name}`} onClick={onRemove} />
      {!file && !error && (
        <span
          className="absolute inset-x-0 bottom-0 h-0.5 origin-left bg-accent transition-transform"
          style={{ transform: `scaleX(${progress})` }}
        />
      )}
    </li>
  )
}
