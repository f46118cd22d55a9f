import { messageOf } from '../api/error.ts'
import { Button } from '../ui/index.ts'
import { QuietPage } from './QuietPage.tsx'

/** What is shown when a screen breaks: the rest of the app is one click away. */
export function ErrorScreen({ error, reset }: { error: unknown; reset?: () => void }) {
  return (
    <QuietPage title="This page stopped working">
      <p className="text-muted">
        Nothing that you saved is lost. Reload the page; if it happens again, show the message below to
        whoever runs Atrium.
      </p>
      <p className="rounded-6 border border-line bg-sunken px-3 py-2 font-mono text-12 break-words">
        {messageOf(error)}
      </p>
      <div className="flex gap-2">
        <Button variant="primary" onClick={() => location.reload()}>
          Reload
        </Button>
        {reset && <Button onClick={reset}>Try again</Button>}
      </div>
    </QuietPage>
  )
}
