/** A backup cannot be made, read or restored; the message tells the operator what to do. */
export class BackupError extends Error {
  readonly code: 'BACKUP_FAILED' | 'BACKUP_DAMAGED' | 'BACKUP_LOCKED' | 'BACKUP_TOO_NEW' | 'TARGET_NOT_EMPTY'

  constructor(code: BackupError['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'BackupError'
    this.code = code
  }
}

export const damaged = (what: string, cause?: unknown): BackupError =>
  new BackupError('BACKUP_DAMAGED', `The backup is damaged or incomplete: ${what}.`, { cause })
