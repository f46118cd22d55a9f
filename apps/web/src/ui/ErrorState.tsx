import { Button } from './Button.tsx'
import { Notice } from './Notice.tsx'

interface ErrorStateProps {
  error: Error
  /** What could not be done, such as “The members could not be read.” */
  title?: string
  onRetry?: () => void
}

/** Says what went wrong, gives the request id for support, and offers to try again. */
export function ErrorState({ error, title, onRetry }: ErrorStateProps) {
  const requestId = 'requestId' in error && typeof error.requestId === 'string' ? error.requestId : null
  return (
    <Notice
      tone="danger"
      title={title ?? error.message}
      action={
        onRetry && (
          <Button size="sm" icon="refresh" onClick={onRetry}>
            Try again
          </Button>
        )
      }
    >
      {title && <p>{error.message}</p>}
      {requestId && <p className="mt-0.5 font-mono text-12 break-all text-muted">Request {requestId}</p>}
    </Notice>
  )
}
