import { AppError } from '#platform/errors'

/** The errors of this module, by the fact they report. */
export const chatErrors = {
  conversationMissing: () =>
    new AppError('CONVERSATION_NOT_FOUND', 'There is no such conversation.', { status: 404 }),
  messageMissing: () => new AppError('MESSAGE_NOT_FOUND', 'There is no such message.', { status: 404 }),
  runMissing: () => new AppError('RUN_NOT_FOUND', 'There is no such run.', { status: 404 }),
  styleMissing: () => new AppError('STYLE_NOT_FOUND', 'There is no such style.', { status: 404 }),
  idTaken: () =>
    new AppError('RESOURCE_ALREADY_EXISTS', 'Something with this id exists already.', { status: 409 }),
  wrongRole: (message: string) => new AppError('INVALID_INPUT', message),
  leafMoved: (leafId: string | null) =>
    new AppError('LEAF_MOVED', 'The conversation was moved in another tab.', {
      status: 409,
      details: { leafId },
    }),
  stopPending: () =>
    new AppError('SERVICE_UNAVAILABLE', 'The run could not be stopped yet. Try again.', {
      retryAfterSeconds: 1,
    }),
  tooManyFiles: () =>
    new AppError(
      'REQUEST_TOO_LARGE',
      'The files of this conversation are too large together. Begin a new conversation or attach less.',
      { status: 413 },
    ),
  tooManyRuns: (limit: number) =>
    new AppError('RATE_LIMIT_EXCEEDED', `You have ${limit} answers under way. Wait until some have ended.`, {
      details: { limit },
      retryAfterSeconds: 5,
    }),
  tooManySearches: () =>
    new AppError('RATE_LIMIT_EXCEEDED', 'Searches of yours are still under way. Try again shortly.', {
      retryAfterSeconds: 2,
    }),
  stillRunning: (details: { runId: string; conversationId: string }) =>
    new AppError('IDEMPOTENCY_IN_PROGRESS', 'This turn is still running; follow its events.', {
      details,
      retryAfterSeconds: 1,
    }),
} as const
