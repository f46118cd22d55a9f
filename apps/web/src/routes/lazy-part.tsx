import {
  Component,
  type ComponentType,
  type FunctionComponent,
  lazy,
  type LazyExoticComponent,
  type ReactNode,
  Suspense,
  useCallback,
  useEffect,
  useState,
} from 'react'
import { FailedArea } from './FailedPart.tsx'

/** A part of the app's code that could not be fetched. */
export class PartError extends Error {
  override readonly name = 'PartError'

  constructor(cause: unknown) {
    super('This part of the app could not be loaded. Check the connection and try again.', { cause })
  }
}

/** What the stand-in of a part that could not be read gets, beside the properties of the part. */
export interface FailedProps {
  /** Reads the part once more and shows it; throws `PartError`. */
  retry: () => Promise<void>
}

interface PartOptions<P> {
  /** Shown while it is read; nothing unless told. */
  Waiting?: ComponentType<P>
  /** Shown in its place when it cannot be read; says so and offers to try again unless told. */
  Failed?: ComponentType<P & FailedProps>
}

/** Tells parts that failed that another one could be read, so that they try again by themselves. */
const arrivals = new EventTarget()
const arrived = 'arrived'

/**
 * A component in a file of its own, read when it is first shown. When that fails, only its own place is affected: the
 * rest of the page goes on, and the part is read again on request, when the network returns, and when another part arrives.
 */
export function lazyPart<P extends object>(
  read: () => Promise<ComponentType<P>>,
  { Waiting, Failed = FailedArea }: PartOptions<P> = {},
): FunctionComponent<P> {
  const create = (): LazyExoticComponent<ComponentType<P>> =>
    lazy(async () => {
      try {
        return { default: await readPart(read) }
      } catch (error) {
        // What failed stays failed: whoever mounts the part later begins anew.
        newest = create()
        throw error
      }
    })
  let newest = create()
  return function Part(props: P) {
    const [{ Loaded, attempt }, setLoaded] = useState(() => ({ Loaded: newest, attempt: 0 }))
    const retry = useCallback(async () => {
      await readPart(read)
      setLoaded((now) => ({ Loaded: newest, attempt: now.attempt + 1 }))
      arrivals.dispatchEvent(new Event(arrived))
    }, [])
    const failed = (
      <>
        <Failed {...props} retry={retry} />
        <AutoRetry retry={retry} />
      </>
    )
    return (
      <PartBoundary key={attempt} failed={failed}>
        <Suspense fallback={Waiting && <Waiting {...props} />}>
          <Loaded {...props} />
        </Suspense>
      </PartBoundary>
    )
  }
}

/** Reads a part of the app's code that is no component; throws `PartError`. */
export async function readPart<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (cause) {
    throw new PartError(cause)
  }
}

interface PartBoundaryProps {
  failed: ReactNode
  children: ReactNode
}

/** Catches what could not be read, and nothing else. */
class PartBoundary extends Component<PartBoundaryProps, { error: unknown }> {
  override state: { error: unknown } = { error: null }

  static getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error }
  }

  override render(): ReactNode {
    const { error } = this.state
    if (error === null) return this.props.children
    if (error instanceof PartError) return this.props.failed
    throw error
  }
}

function AutoRetry({ retry }: FailedProps): null {
  useEffect(() => {
    const again = () => {
      retry().catch(() => undefined)
    }
    addEventListener('online', again)
    arrivals.addEventListener(arrived, again)
    return () => {
      removeEventListener('online', again)
      arrivals.removeEventListener(arrived, again)
    }
  }, [retry])
  return null
}
