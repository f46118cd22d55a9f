import { useEffect, useState } from 'react'
import { Button, Dialog, Notice } from '../ui/index.ts'
import type { FailedProps } from './lazy-part.tsx'
import { isOutdated, reloadNewest } from './newest.ts'

/** In the place of a part that could not be loaded. */
export const FailedArea = ({ retry }: FailedProps) => (
  <div className="m-auto w-full max-w-110 p-4">
    <FailedNotice retry={retry} />
  </div>
)

/** The same for a part that is the whole page. */
export const FailedPage = ({ retry }: FailedProps) => (
  <main className="flex min-h-dvh">
    <FailedArea retry={retry} />
  </main>
)

/** In the place of a dialog that could not be loaded. */
export const FailedDialog = ({ retry, onClose }: FailedProps & { onClose: () => void }) => (
  <Dialog open size="sm" title="Not loaded" onClose={onClose}>
    <FailedNotice retry={retry} />
  </Dialog>
)

const firstPauseMs = 4000
const longestPauseMs = 60_000

/** For parts that nobody sees: tries again in the background. */
export function FailedSilently({ retry }: FailedProps): null {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>
    const after = (pauseMs: number) => {
      const again = () => after(Math.min(2 * pauseMs, longestPauseMs))
      timer = setTimeout(() => void retry().catch(again), pauseMs)
    }
    after(firstPauseMs)
    return () => clearTimeout(timer)
  }, [retry])
  return null
}

/** Says that a new version is out only when the server has one. */
function FailedNotice({ retry }: FailedProps) {
  const [busy, setBusy] = useState(false)
  const [outdated, setOutdated] = useState(false)
  useEffect(() => {
    void isOutdated().then(setOutdated)
  }, [])
  const again = async () => {
    setBusy(true)
    await retry().catch(async () => setOutdated(await isOutdated()))
    setBusy(false)
  }
  if (outdated) {
    return (
      <Notice tone="accent" title="A new version of Atrium is out">
        <p>This part of the app has been replaced since you opened it. What you wrote is kept.</p>
        <Button size="sm" className="mt-2" onClick={() => void reloadNewest()}>
          Reload
        </Button>
      </Notice>
    )
  }
  return (
    <Notice tone="danger" title="This part of the app could not be loaded">
      <p>Everything else still works. Check your connection and try again.</p>
      <Button size="sm" icon="refresh" className="mt-2" busy={busy} onClick={() => void again()}>
        Try again
      </Button>
    </Notice>
  )
}
