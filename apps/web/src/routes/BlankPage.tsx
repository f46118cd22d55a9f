import { Spinner, Waiting } from '../ui/index.ts'

/** Nothing yet; a spinner when nothing lasts. */
export function BlankPage() {
  return (
    <main className="flex min-h-dvh items-center justify-center text-faint">
      <Waiting>
        <Spinner size={20} />
      </Waiting>
    </main>
  )
}
