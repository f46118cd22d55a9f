import type { AttributeValue } from '@atrium/wire/otlp'
import { seedAgents, type SeedAgent, type SeedTool } from './agents.ts'
import { chat, embed, tell, type RunSetting } from './calls.ts'
import type { SeedModelName } from './models.ts'
import { incidentAt } from './seasons.ts'
import { said, Subject, tokensIn, type Message } from './texts.ts'
import { fail, type OpenSpan } from './trace.ts'

/** A conversation of an agent with whoever called it. */
interface Talk {
  readonly agent: SeedAgent
  readonly span: OpenSpan
  readonly subject: Subject
  readonly model: SeedModelName
  readonly messages: Message[]
  /** Tokens of all that the model reads next, and of what it has read before. */
  contextTokens: number
  knownTokens: number
  /** Where the run is, in milliseconds since 1970. */
  nowMs: number
  /** Why it cannot go on. */
  failedBy: string | null
}

/** Models see this many messages at most. */
const shownMessages = 6

/**
 * One run of an agent: it may search in documents, asks the model, calls the tools that the model wants, hands parts of
 * the work to another agent, and answers.
 */
export function runAgent(
  setting: RunSetting,
  agent: SeedAgent,
  startMs: number,
  parent: OpenSpan | null,
  earlierTokens: number,
): OpenSpan {
  const { random, trace } = setting
  const subject = new Subject(random)
  const question = subject.fill(random.pick(agent.questions))
  const span = trace.open(parent, `invoke_agent ${agent.name}`, startMs, [
    ['gen_ai.operation.name', 'invoke_agent'],
    ['gen_ai.agent.name', agent.name],
    ['gen_ai.input.messages', JSON.stringify([said('user', question)])],
  ])
  const talk: Talk = {
    agent,
    span,
    subject,
    model: random.weighted(agent.models, ([, weight]) => weight)[0],
    messages: [said('user', question)],
    contextTokens: agent.instructionTokens + earlierTokens + tokensIn(question),
    knownTokens: agent.instructionTokens + earlierTokens,
    nowMs: startMs + random.between(2, 15),
    failedBy: null,
  }
  if (random.chance(agent.retrieves)) retrieve(setting, talk, question)
  const steps = random.whole(0, agent.maxSteps)
  for (let step = 0; step < steps && talk.failedBy === null; step += 1) work(setting, talk)
  if (talk.failedBy === null) answer(setting, talk)
  span.endMs = talk.nowMs + random.between(1, 8)
  if (talk.failedBy !== null) fail(span, talk.failedBy)
  return span
}

function retrieve(setting: RunSetting, talk: Talk, question: string): void {
  const { random, trace } = setting
  const vectors = embed(setting, talk.span, talk.nowMs, tokensIn(question))
  const hits = random.whole(2, 6)
  const span = trace.open(talk.span, `retrieval ${talk.agent.source}`, vectors.endMs + 1, [
    ['gen_ai.operation.name', 'retrieval'],
    ['gen_ai.data_source.id', talk.agent.source],
    ['gen_ai.retrieval.query.text', question],
    ['gen_ai.request.top_k', hits],
  ])
  span.endMs += random.around(45, 0.5) * (1 + setting.load)
  talk.nowMs = span.endMs + random.between(1, 6)
  talk.contextTokens += hits * random.whole(120, 380)
}

/** One step: the model asks for tools or for another agent, and gets what they say. */
function work(setting: RunSetting, talk: Talk): void {
  const { random } = setting
  const helper = seedAgents.find(({ name }) => name === talk.agent.delegatesTo)
  if (helper && random.chance(0.22)) {
    const inner = runAgent(setting, helper, talk.nowMs, talk.span, 0)
    talk.nowMs = inner.endMs + random.between(2, 10)
    talk.contextTokens += random.whole(80, 260)
    return
  }
  const tools = Array.from({ length: random.chance(0.25) ? 2 : 1 }, () => random.pick(talk.agent.tools))
  const calls = tools.map((tool) => ({
    tool,
    id: `call_${random.hex(2)}`,
    arguments: talk.subject.fillAll(tool.arguments),
  }))
  ask(setting, talk, {
    role: 'assistant',
    parts: calls.map((call) => ({
      type: 'tool_call',
      id: call.id,
      name: call.tool.name,
      arguments: call.arguments,
    })),
    finish_reason: 'tool_calls',
  })
  if (talk.failedBy !== null) return
  const results = calls.map((call) => callTool(setting, talk, call))
  talk.nowMs = Math.max(...results.map(({ endMs }) => endMs)) + random.between(1, 9)
}

function answer(setting: RunSetting, talk: Talk): void {
  const text = talk.subject.fill(setting.random.pick(talk.agent.answers))
  const message: Message = { ...said('assistant', text), finish_reason: 'stop' }
  ask(setting, talk, message)
  if (talk.failedBy === null) tell(talk.span, [['gen_ai.output.messages', JSON.stringify([message])]])
}

/** Asks the model, and once more after a pause when the first call has failed. */
function ask(setting: RunSetting, talk: Talk, message: Message): void {
  const { random } = setting
  const isAnswer = message.finish_reason === 'stop'
  const outputTokens = Math.round(random.around(isAnswer ? talk.agent.answerTokens : 55, 0.45))
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const span = chat(setting, {
      parent: talk.span,
      agent: talk.agent.name,
      model: talk.model,
      startMs: talk.nowMs,
      instructions: talk.agent.instructions,
      asked: talk.messages.slice(-shownMessages),
      answer: message,
      inputTokens: talk.contextTokens,
      knownTokens: talk.knownTokens,
      outputTokens,
    })
    talk.nowMs = span.endMs + random.between(1, 12)
    talk.failedBy = span.error?.type ?? null
    if (talk.failedBy === null) break
    talk.nowMs += random.between(400, 2500)
  }
  talk.messages.push(message)
  talk.knownTokens = talk.contextTokens
  talk.contextTokens += outputTokens
}

interface ToolCall {
  readonly tool: SeedTool
  readonly id: string
  readonly arguments: Readonly<Record<string, string>>
}

/** Calls a tool. The model is told of errors and mostly finds a way around them. */
function callTool(setting: RunSetting, talk: Talk, { tool, id, arguments: given }: ToolCall): OpenSpan {
  const { random, trace } = setting
  const facts: (readonly [string, AttributeValue])[] = [
    ['gen_ai.operation.name', 'execute_tool'],
    ['gen_ai.tool.name', tool.name],
    ['gen_ai.tool.type', 'function'],
    ['gen_ai.tool.call.id', id],
    ['gen_ai.tool.call.arguments', JSON.stringify(given)],
    ['gen_ai.agent.name', talk.agent.name],
  ]
  const span = trace.open(talk.span, `execute_tool ${tool.name}`, talk.nowMs, facts)
  const failure = toolFailure(setting, talk.agent.service, talk.nowMs)
  span.endMs +=
    failure === 'timeout'
      ? random.between(9800, 10_200)
      : random.around(tool.medianMs, 0.55) * (1 + setting.load)
  const response = failure === null ? talk.subject.fill(tool.result) : `error: ${failure}`
  if (failure === null) span.attributes.set('gen_ai.tool.call.result', response)
  else fail(span, failure)
  if (failure !== null && random.chance(0.15)) talk.failedBy = failure
  talk.messages.push({ role: 'tool', parts: [{ type: 'tool_call_response', id, response }] })
  talk.contextTokens += tokensIn(response) + random.whole(40, 420)
  return span
}

const rareErrors = ['invalid_arguments', 'not_found', 'timeout'] as const

function toolFailure({ random, incidents }: RunSetting, service: string, atMs: number): string | null {
  const incident = incidentAt(incidents, 'service', service, atMs)
  if (incident && random.chance(incident.severity)) return incident.errorType
  return random.chance(0.018) ? random.pick(rareErrors) : null
}
