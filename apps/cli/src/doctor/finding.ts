/** One thing that was looked at. `hint` says what to do about what is wrong. */
export interface Finding {
  readonly area: 'this machine' | 'server' | 'installation'
  readonly name: string
  readonly status: 'ok' | 'warning' | 'failed'
  readonly message: string
  readonly hint?: string
}
