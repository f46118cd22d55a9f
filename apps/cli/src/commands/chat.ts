import { createInterface } from 'node:readline/promises'
import type { Command } from 'commander'
import { showAnswer } from '../chat/answer.ts'
import {
  ask,
  type ChatPlace,
  createConversation,
  newestConversation,
  openConversation,
} from '../chat/turn.ts'
import { action, examples } from '../lib/command.ts'
import type { Context } from '../lib/context.ts'
import { CliError, exitCodes, usageError } from '../lib/errors.ts'

interface Options {
  readonly model?: string
  readonly conversation?: string
  readonly continue?: boolean
  readonly thinking?: boolean
}

export function addChat(program: Command): void {
  program
    .command('chat')
    .description('ask, and read the answer as it is written; without a question, talk')
    .argument('[question...]', 'what to ask; standard input is added to it when it is a file or a pipe')
    .option('-m, --model <id>', 'model that answers')
    .option('-c, --conversation <id>', 'go on in this conversation')
    .option('--continue', 'go on in the conversation that was used last')
    .option('--thinking', 'let the model think first, and show it')
    .addHelpText(
      'after',
      examples(
        'atrium chat "What can Atrium do?"',
        'git diff | atrium chat "Review this" --model anthropic/claude-sonnet-5',
        'atrium chat --continue "And in French?"',
        'atrium chat',
      ) +
        '\nCtrl+C stops an answer and shows what it cost. A broken connection is taken up where it broke.\n',
    )
    .action(action<Options>((context, options, ...words) => chat(context, options, words)))
}

async function chat(context: Context, options: Options, words: readonly string[]): Promise<void> {
  const question = await questionFrom(words)
  const { id: workspaceId } = await context.workspace()
  const existing = await findPlace(context, workspaceId, options)
  // A conversation is made for a question, not for looking.
  const place = async (): Promise<ChatPlace> =>
    existing ?? createConversation(context.client, workspaceId, options.model)
  if (question !== null) {
    await answer(context, await place(), question, options)
    return
  }
  if (context.output.json) throw usageError('With --json a question is needed.')
  await talk(context, place, options)
}

/** The words of the command line and, below them, what standard input brings; null to talk. */
async function questionFrom(words: readonly string[]): Promise<string | null> {
  const given = words.join(' ').trim()
  const piped = process.stdin.isTTY ? '' : (await Array.fromAsync(process.stdin)).join('').trim()
  const text = [given, piped].filter((part) => part !== '').join('\n\n')
  if (text !== '') return text
  if (!process.stdin.isTTY) throw usageError('There is no question: give one, or pipe one in.')
  return null
}

/** The conversation that was asked for; null for a new one. */
async function findPlace(
  { client }: Context,
  workspaceId: string,
  { conversation, continue: last }: Options,
): Promise<ChatPlace | null> {
  if (conversation === undefined) return last ? newestConversation(client, workspaceId) : null
  const place = { workspaceId, conversationId: conversation }
  await openConversation(client, place)
  return place
}

/** Asks once. What was stopped ends the process as an interrupted one. */
async function answer(context: Context, place: ChatPlace, text: string, options: Options): Promise<void> {
  const { client, output } = context
  const { model, thinking } = options
  const run = await ask(client, place, { text, model, thinking })
  const ending = await showAnswer(client, run, output, thinking ?? false)
  if (ending === 'stopped') process.exitCode = exitCodes.interrupted
  if (output.interactive)
    output.note(output.paint('dim', `Go on with: atrium chat -c ${place.conversationId} "…"`))
}

async function talk(
  context: Context,
  begin: () => Promise<ChatPlace>,
  { model, thinking }: Options,
): Promise<void> {
  const { client, output } = context
  output.note(output.paint('dim', 'An empty line or Ctrl+D ends the talk.'))
  let place: ChatPlace | null = null
  for (;;) {
    const text = await prompt(output.paint('cyan', '\nyou › '))
    if (text === null || text.trim() === '') break
    try {
      place ??= await begin()
      const run = await ask(client, place, { text, model, thinking })
      await showAnswer(client, run, output, thinking ?? false)
    } catch (error) {
      // A failed answer does not end the talk.
      if (!(error instanceof CliError) || error.exitCode === exitCodes.notSignedIn) throw error
      output.error(error)
    }
  }
  if (place) output.note(output.paint('dim', `\nGo on with: atrium chat -c ${place.conversationId}`))
}

/** One line from the terminal; null when the person is done. A reader of its own each time, so that Ctrl+C is ours meanwhile. */
async function prompt(text: string): Promise<string | null> {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  const closed = new AbortController()
  lines.on('close', () => closed.abort())
  try {
    return await lines.question(text, { signal: closed.signal })
  } catch (error) {
    if (closed.signal.aborted) return null
    throw error
  } finally {
    lines.close()
  }
}
