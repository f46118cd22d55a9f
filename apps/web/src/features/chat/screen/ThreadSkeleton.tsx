import { Skeleton, Waiting } from '../../../ui/index.ts'

/** In the place of a conversation that is being read. */
export function ThreadSkeleton() {
  return (
    <div className="mx-auto w-full max-w-[46rem] px-4 pt-16">
      <Waiting label="Reading the conversation">
        <div className="flex flex-col gap-8 pl-5">
          <Skeleton className="h-10 w-3/5" />
          <div className="flex flex-col gap-3">
            <Skeleton className="h-3 w-full" />
            <Skeleton className="h-3 w-11/12" />
            <Skeleton className="h-3 w-4/5" />
          </div>
          <Skeleton className="h-10 w-2/5" />
        </div>
      </Waiting>
    </div>
  )
}
