import { createFidelity, type FidelityCollector } from '../shared/fidelity.ts'
import type { DecodedRequest } from '../spec/inbound.ts'
import type { JsonObject, JsonValue } from '../spec/json.ts'
import type {
  FunctionTool,
  ModelRequest,
  ResponseFormat,
  Thinking,
  Tool,
  ToolChoice,
} from '../spec/request.ts'
import { cacheOf, decodeTexts } from './inbound-blocks.ts'
import { decodeMessages } from './inbound-messages.ts'
import {
  booleanAt,
  integerAt,
  listAt,
  numberAt,
  objectAt,
  objectsAt,
  refuse,
  required,
  stringAt,
  wordAt,
} from './inbound-values.ts'

/**
 * Reads the body of `POST /v1/messages`. That of `count_tokens` is the same but for `max_tokens`, which is required
 * here. Members that are not named below go to this dialect's providers as they are.
 * https://platform.claude.com/docs/en/api/messages
 */
export function decodeRequest(body: JsonObject): DecodedRequest {
  const notes = createFidelity()
  const {
    model,
    messages,
    system,
    max_tokens,
    stop_sequences,
    temperature,
    top_p,
    top_k,
    stream,
    ...others
  } = body
  const { tools, tool_choice, thinking, output_config, output_format, metadata, ...unknown } = others
  const choice = decodeToolChoice(tool_choice)
  const output = decodeOutput(output_config, output_format)
  const thoughts = decodeThinking(thinking, output.effort, notes)
  const request: ModelRequest = {
    model: required(stringAt(model, 'model'), 'model'),
    stream: booleanAt(stream, 'stream') ?? false,
    system: system === undefined || system === null ? undefined : decodeTexts(system, 'system'),
    messages: decodeMessages(messages, notes),
    tools: tools === undefined || tools === null ? undefined : decodeTools(tools, notes),
    toolChoice: choice.toolChoice,
    parallelToolCalls: choice.parallelToolCalls,
    maxOutputTokens: required(integerAt(max_tokens, 'max_tokens', 1), 'max_tokens'),
    temperature: inRange(temperature, 'temperature'),
    topP: inRange(top_p, 'top_p'),
    topK: integerAt(top_k, 'top_k', 0),
    stopSequences: decodeStops(stop_sequences),
    responseFormat: output.format,
    thinking: thoughts.thinking,
    endUserId: stringAt(objectAt(metadata, 'metadata')?.['user_id'], 'metadata.user_id'),
    providerOptions: ownOptions({ ...unknown, output_config: output.rest, thinking: thoughts.rest }),
  }
  return {
    request,
    fidelity: notes.notes,
    wishes: { includeThoughts: thoughts.includeThoughts },
  }
}

function ownOptions(members: JsonObject): ModelRequest['providerOptions'] {
  const given = Object.entries(members).filter(([, value]) => value !== undefined)
  return given.length > 0 ? { 'anthropic-messages': Object.fromEntries(given) } : undefined
}

function inRange(value: JsonValue | undefined, path: string): number | undefined {
  const number = numberAt(value, path)
  if (number !== undefined && (number < 0 || number > 1)) refuse(path, 'range: 0..1')
  return number
}

function decodeStops(value: JsonValue | undefined): string[] | undefined {
  return listAt(value, 'stop_sequences')?.map((item, index) => {
    const path = `stop_sequences[${index}]`
    return required(stringAt(item, path), path)
  })
}

/** Tools with a type of their own have a schema that only Claude knows, whoever runs them. */
function decodeTools(value: JsonValue, notes: FidelityCollector): Tool[] {
  return objectsAt(value, 'tools').map(([tool, path]) => {
    const type = stringAt(tool['type'], `${path}.type`)
    if (type !== undefined && type !== 'custom') {
      return { type: 'provider', dialect: 'anthropic-messages', definition: tool }
    }
    return decodeFunction(tool, path, notes)
  })
}

function decodeFunction(tool: JsonObject, path: string, notes: FidelityCollector): FunctionTool {
  const { type: _type, name, description, input_schema, strict, cache_control: _cache, ...others } = tool
  for (const [member, value] of Object.entries(others)) {
    if (value !== null) notes.dropped(`tools.${member}`, 'a setting of this dialect only')
  }
  const schemaAt = `${path}.custom.input_schema`
  const words = stringAt(description, `${path}.custom.description`)
  return {
    type: 'function',
    name: required(stringAt(name, `${path}.custom.name`), `${path}.custom.name`),
    ...(words !== undefined && { description: words }),
    inputSchema: required(objectAt(input_schema, schemaAt), schemaAt),
    ...(booleanAt(strict, `${path}.custom.strict`) && { strict: true }),
    ...cacheOf(tool, path),
  }
}

/** https://platform.claude.com/docs/en/agents-and-tools/tool-use/implement-tool-use#controlling-claude-s-output */
function decodeToolChoice(value: JsonValue | undefined): {
  toolChoice?: ToolChoice
  parallelToolCalls?: false
} {
  const choice = objectAt(value, 'tool_choice')
  if (!choice) return {}
  const type = required(
    wordAt(choice['type'], 'tool_choice.type', ['auto', 'any', 'tool', 'none']),
    'tool_choice.type',
  )
  const path = 'tool_choice.disable_parallel_tool_use'
  const single = booleanAt(choice['disable_parallel_tool_use'], path)
  const toolChoice: ToolChoice =
    type === 'tool'
      ? { type: 'named', name: required(stringAt(choice['name'], 'tool_choice.name'), 'tool_choice.name') }
      : { type: type === 'any' ? 'required' : type }
  return single ? { toolChoice, parallelToolCalls: false } : { toolChoice }
}

interface Output {
  effort: string | undefined
  format: ResponseFormat | undefined
  /** Members without a neutral form. */
  rest: JsonObject | undefined
}

/** `output_format` is the earlier spelling. https://platform.claude.com/docs/en/build-with-claude/structured-outputs */
function decodeOutput(config: JsonValue | undefined, format: JsonValue | undefined): Output {
  const { effort, format: configured, ...rest } = objectAt(config, 'output_config') ?? {}
  return {
    effort: stringAt(effort, 'output_config.effort'),
    format: decodeFormat(configured, 'output_config.format') ?? decodeFormat(format, 'output_format'),
    rest: Object.keys(rest).length > 0 ? rest : undefined,
  }
}

function decodeFormat(value: JsonValue | undefined, path: string): ResponseFormat | undefined {
  const format = objectAt(value, path)
  if (!format) return undefined
  required(wordAt(format['type'], `${path}.type`, ['json_schema']), `${path}.type`)
  return { type: 'json', schema: required(objectAt(format['schema'], `${path}.schema`), `${path}.schema`) }
}

interface Thoughts {
  thinking: Thinking | undefined
  includeThoughts: boolean
  /** A setting without a neutral form. */
  rest?: JsonObject
}

/** https://platform.claude.com/docs/en/build-with-claude/extended-thinking and …/adaptive-thinking */
function decodeThinking(
  value: JsonValue | undefined,
  effortWord: string | undefined,
  notes: FidelityCollector,
): Thoughts {
  const thinking = objectAt(value, 'thinking')
  const effort = decodeEffort(effortWord, notes)
  if (!thinking) {
    if (effort) return { thinking: { enabled: true, ...effort }, includeThoughts: false }
    return { thinking: undefined, includeThoughts: false }
  }
  const type = required(stringAt(thinking['type'], 'thinking.type'), 'thinking.type')
  const includeThoughts = thinking['display'] !== 'omitted'
  switch (type) {
    case 'enabled': {
      const path = 'thinking.enabled.budget_tokens'
      const budgetTokens = required(integerAt(thinking['budget_tokens'], path, minimumBudget), path)
      return { thinking: { enabled: true, budgetTokens, ...effort }, includeThoughts }
    }
    case 'adaptive':
      return { thinking: { enabled: true, ...effort }, includeThoughts }
    case 'disabled':
      return { thinking: { enabled: false }, includeThoughts: false }
    default:
      notes.dropped('thinking', `${type} is a way of thinking of this dialect only`)
      return { thinking: undefined, includeThoughts, rest: thinking }
  }
}

const minimumBudget = 1024

/** `xhigh` stands between `high` and `max`. */
function decodeEffort(
  word: string | undefined,
  notes: FidelityCollector,
): Pick<Thinking, 'effort'> | undefined {
  switch (word) {
    case undefined:
      return undefined
    case 'low':
    case 'medium':
    case 'high':
    case 'max':
      return { effort: word }
    case 'xhigh':
      notes.renamed('thinking.effort', 'xhigh is said as max')
      return { effort: 'max' }
    default:
      return refuse('output_config.effort', "Input should be 'low', 'medium', 'high', 'xhigh' or 'max'")
  }
}
