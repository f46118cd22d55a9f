import { Skeleton, Waiting } from '../../ui/index.ts'

const widths = ['w-40', 'w-28', 'w-52', 'w-36', 'w-44']

/** The list while its first page is on its way. */
export const TraceListSkeleton = () => (
  <Waiting label="Reading the traces">
    <div className="px-4 pt-7 md:px-6">
      {Array.from({ length: 12 }, (_, index) => (
        <div key={index} className="flex h-7 items-center gap-3 border-b border-line">
          <Skeleton className="h-3 w-16" />
          <Skeleton className={`h-3 ${widths[index % widths.length]}`} />
          <Skeleton className="ml-auto h-3 w-20" />
        </div>
      ))}
    </div>
  </Waiting>
)
