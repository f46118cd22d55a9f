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
  const place = await placeOf(context, options)
  if (question !== null) {
    await answer(context, place, question, options)
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

async function placeOf(
  context: Context,
  { conversation, continue: last, model }: Options,
): Promise<ChatPlace> {
  const { id: workspaceId } = await context.workspace()
  if (conversation !== undefined) {
    const place = { workspaceId, conversationId: conversation }
    await openConversation(context.client, place)
    return place
  }
  const newest = last ? await newestConversation(context.client, workspaceId) : null
  return newest ?? createConversation(context.client, workspaceId, model)
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

async function talk(context: Context, place: ChatPlace, { model, thinking }: Options): Promise<void> {
  const { client, output } = context
  output.note(output.paint('dim', `Conversation ${place.conversationId}. An empty line or Ctrl+D ends it.`))
  for (;;) {
    const text = await prompt(output.paint('cyan', 'you › '))
    if (text === null || text.trim() === '') return
    try {
      const run = await ask(client, place, { text, model, thinking })
      await showAnswer(client, run, output, thinking ?? false)
    } catch (error) {
      // A failed answer does not end the talk.
      if (!(error instanceof CliError) || error.exitCode === exitCodes.notSignedIn) throw error
      output.error(error)
    }
  }
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
