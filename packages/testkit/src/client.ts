/** An answer of the server, read in full. */
export interface Reply<T> {
  readonly status: number
  readonly headers: Headers
  readonly body: T
  readonly text: string
}

export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>
  /** Answers of 400 and above are returned instead of thrown. */
  readonly allowFailure?: boolean
}

/** One event of a stream, as it came. */
export interface StreamedEvent {
  readonly id: number | null
  readonly type: string
  // Tests look into events of many shapes.
  readonly data: Record<string, unknown>
}

/** A caller that behaves like a browser tab: it keeps cookies and speaks JSON. */
export interface TestClient {
  get<T = unknown>(path: string, options?: CallOptions): Promise<Reply<T>>
  post<T = unknown>(path: string, body?: unknown, options?: CallOptions): Promise<Reply<T>>
  put<T = unknown>(path: string, body?: unknown, options?: CallOptions): Promise<Reply<T>>
  patch<T = unknown>(path: string, body?: unknown, options?: CallOptions): Promise<Reply<T>>
  delete<T = unknown>(path: string, options?: CallOptions): Promise<Reply<T>>
  /** A request that is sent as it is. */
  raw(path: string, init?: RequestInit): Promise<Response>
  /** The events of a stream until it ends. */
  events(path: string, init?: RequestInit): AsyncGenerator<StreamedEvent>
  readonly cookie: string
}

export function createClient(url: string, headers: Readonly<Record<string, string>> = {}): TestClient {
  const cookies = new Map<string, string>()

  const raw = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const all = new Headers({ ...headers, ...Object.fromEntries(new Headers(init.headers)) })
    if (cookies.size > 0 && !all.has('cookie')) all.set('cookie', cookieText(cookies))
    const response = await fetch(new URL(path, url), { redirect: 'manual', ...init, headers: all })
    for (const line of response.headers.getSetCookie()) keepCookie(cookies, line)
    return response
  }

  const call = async <T>(
    method: string,
    path: string,
    body: unknown,
    options: CallOptions = {},
  ): Promise<Reply<T>> => {
    const response = await raw(path, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...options.headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (response.status >= 400 && !options.allowFailure) {
      throw new Error(`${method} ${path} answered ${response.status}: ${text.slice(0, 500)}`)
    }
    const isJson = response.headers.get('content-type')?.includes('json') ?? false
    // The test states the form that it expects and checks what it needs of it.
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: (isJson ? JSON.parse(text) : undefined) as T,
    }
  }

  return {
    raw,
    get: (path, options) => call('GET', path, undefined, options),
    post: (path, body, options) => call('POST', path, body, options),
    put: (path, body, options) => call('PUT', path, body, options),
    patch: (path, body, options) => call('PATCH', path, body, options),
    delete: (path, options) => call('DELETE', path, undefined, options),
    events: async function* (path, init = {}) {
      const response = await raw(path, {
        ...init,
        headers: { accept: 'text/event-stream', ...Object.fromEntries(new Headers(init.headers)) },
      })
      if (response.status !== 200 || !response.body)
        throw new Error(`${path} answered ${response.status}: ${await response.text()}`)
      yield* readEvents(response.body)
    },
    get cookie() {
      return cookieText(cookies)
    },
  }
}

const cookieText = (cookies: ReadonlyMap<string, string>): string =>
  [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')

function keepCookie(cookies: Map<string, string>, line: string): void {
  const [pair = '', ...attributes] = line.split(';')
  const at = pair.indexOf('=')
  const gone = attributes.some((one) => /^\s*max-age=0\s*$/i.test(one))
  if (gone) cookies.delete(pair.slice(0, at))
  else cookies.set(pair.slice(0, at), pair.slice(at + 1))
}

async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamedEvent> {
  let rest = ''
  const decoder = new TextDecoder()
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true })
    const blocks = rest.split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const fields = new Map(
        block
          .split('\n')
          .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      )
      const data = fields.get('data')
      if (data === undefined) continue
      const id = fields.get('id')
      yield {
        id: id === undefined ? null : Number(id),
        type: fields.get('event') ?? 'message',
        data: JSON.parse(data) as Record<string, unknown>,
      }
    }
  }
}
