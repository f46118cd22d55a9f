import { describe, expect, it } from 'vitest'
import { event, facts, restOf, textOf } from './testing.ts'

// Spans as openinference-instrumentation-openai and -langchain write them:
// https://github.com/Arize-ai/openinference/blob/main/spec/llm_spans.md
const LLM = {
  'openinference.span.kind': 'LLM',
  'llm.provider': 'azure',
  'llm.system': 'openai',
  'llm.model_name': 'gpt-4o-2024-08-06',
  'llm.request.model_name': 'gpt-4o',
  'llm.invocation_parameters': '{"temperature":0}',
  'llm.token_count.prompt': 100,
  'llm.token_count.prompt_details.cache_read': 60,
  'llm.token_count.prompt_details.cache_write': 5,
  'llm.token_count.completion': 30,
  'llm.token_count.completion_details.reasoning': 12,
  'llm.token_count.total': 130,
  'llm.cost.total': 0.0066,
  'llm.input_messages.0.message.role': 'system',
  'llm.input_messages.0.message.content': 'Be brief.',
  'llm.input_messages.1.message.role': 'user',
  'llm.input_messages.1.message.contents.0.message_content.type': 'text',
  'llm.input_messages.1.message.contents.0.message_content.text': 'What is this?',
  'llm.input_messages.1.message.contents.1.message_content.type': 'image',
  'llm.input_messages.1.message.contents.1.message_content.image.image.url': 'https://x.y/a.png',
  'llm.input_messages.2.message.role': 'tool',
  'llm.input_messages.2.message.tool_call_id': 'call_0',
  'llm.input_messages.2.message.content': '{"ok":true}',
  'llm.output_messages.0.message.role': 'assistant',
  'llm.output_messages.0.message.tool_calls.0.tool_call.id': 'call_1',
  'llm.output_messages.0.message.tool_calls.0.tool_call.function.name': 'look',
  'llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments': '{"at":"it"}',
  'input.value': '{"messages":[]}',
  'input.mime_type': 'application/json',
  'session.id': 's1',
  'user.id': 'u1',
  metadata: '{"a":1}',
  'tag.tags': ['x'],
}

describe('a call of a model', () => {
  it('tells models, host, session, user and cost', () => {
    expect(facts(LLM)).toMatchObject({
      convention: 'openinference',
      operation: 'chat',
      provider: 'azure.ai.openai',
      model: 'gpt-4o-2024-08-06',
      requestModel: 'gpt-4o',
      session: 's1',
      user: 'u1',
      costNanoUsd: 6_600_000n,
    })
  })

  it('counts each token once', () => {
    const tokens = { input: 35, cacheRead: 60, cacheWrite: 5, output: 18, reasoning: 12 }
    expect(facts(LLM).tokens).toEqual(tokens)
  })

  it('gathers messages from their attributes', () => {
    const { input, output } = facts(LLM)
    expect(input).toEqual([
      textOf('system', 'Be brief.'),
      {
        role: 'user',
        parts: [
          { type: 'text', content: 'What is this?' },
          { type: 'file', mediaType: null, uri: 'https://x.y/a.png' },
        ],
        finishReason: null,
      },
      {
        role: 'tool',
        parts: [{ type: 'tool_call_response', id: 'call_0', response: { ok: true } }],
        finishReason: null,
      },
    ])
    expect(output).toEqual([
      {
        role: 'assistant',
        parts: [{ type: 'tool_call', id: 'call_1', name: 'look', arguments: { at: 'it' } }],
        finishReason: null,
      },
    ])
  })

  it('keeps what tells more than the facts', () => {
    expect(restOf(facts(LLM))).toEqual({
      'openinference.span.kind': 'LLM',
      'llm.provider': 'azure',
      'llm.system': 'openai',
      'llm.invocation_parameters': '{"temperature":0}',
      'input.value': '{"messages":[]}',
      'input.mime_type': 'application/json',
      metadata: '{"a":1}',
      'tag.tags': ['x'],
    })
  })

  it('orders messages by their number and keeps names that only look like messages', () => {
    const told = facts({
      'openinference.span.kind': 'LLM',
      'llm.input_messages.10.message.content': 'last',
      'llm.input_messages.2.message.content': 'first',
      'llm.input_messages.02.message.content': 'odd',
      'llm.input_messages.1.message.mood': 'odd',
      'llm.input_messages.3.message.content': 7,
    })
    expect(told.input).toEqual([textOf('user', 'first'), textOf('user', 'last')])
    expect(Object.keys(restOf(told))).toHaveLength(4)
  })

  it('adds up its cost when no total is told, and reads prompts and choices', () => {
    const told = facts({
      'openinference.span.kind': 'LLM',
      'llm.cost.prompt': 0.1,
      'llm.cost.completion': 0.2,
      'llm.prompts.0.prompt.text': 'def fib(n):',
      'llm.choices.0.completion.text': ' return n',
    })
    expect(told.costNanoUsd).toBe(300_000_000n)
    expect([told.input, told.output]).toEqual([
      [textOf('user', 'def fib(n):')],
      [textOf('assistant', ' return n')],
    ])
  })

  it('tells the first token of a stream', () => {
    const events = [event('First Token Stream Event', {}, 420)]
    expect(facts(LLM, { events }).firstTokenNs).toBe(420_000_000n)
  })
})

describe('other kinds', () => {
  it('tells arguments and result of a tool', () => {
    const tool = {
      'openinference.span.kind': 'TOOL',
      'tool.name': 'search',
      'tool.description': 'Searches.',
      'input.value': '{"q":"x"}',
      'output.value': 'found',
      'output.mime_type': 'text/plain',
    }
    expect(facts(tool)).toMatchObject({
      operation: 'execute_tool',
      tool: 'search',
      toolArguments: { q: 'x' },
      toolResult: 'found',
      input: [],
    })
  })

  it('tells agents, chains, retrieval and embeddings', () => {
    const agent = facts(
      { 'openinference.span.kind': 'AGENT', 'input.value': 'Go' },
      { name: 'AgentExecutor' },
    )
    expect(agent).toMatchObject({
      operation: 'invoke_agent',
      agent: 'AgentExecutor',
      input: [textOf('user', 'Go')],
    })
    const chain = facts({ 'openinference.span.kind': 'CHAIN', 'llm.token_count.prompt': 5 })
    expect(chain).toMatchObject({ operation: 'invoke_workflow', tokens: { input: null } })
    const retriever = {
      'openinference.span.kind': 'RETRIEVER',
      'retrieval.documents.0.document.content': 'text',
    }
    expect(facts(retriever).operation).toBe('retrieval')
    expect(restOf(facts(retriever))).toEqual(retriever)
    const embedding = facts({ 'openinference.span.kind': 'EMBEDDING', 'embedding.model_name': 'te-3-small' })
    expect(embedding).toMatchObject({ operation: 'embeddings', model: 'te-3-small' })
  })

  it('leaves kinds without an operation and common names of other spans alone', () => {
    const guardrail = { 'openinference.span.kind': 'GUARDRAIL' }
    expect(restOf(facts(guardrail))).toEqual(guardrail)
    const plain = { 'input.value': 'x', 'tool.name': 'hammer', 'agent.name': '007' }
    expect(facts(plain)).toMatchObject({ convention: null, tool: null, agent: null, input: [] })
    expect(restOf(facts(plain))).toEqual(plain)
  })
})
