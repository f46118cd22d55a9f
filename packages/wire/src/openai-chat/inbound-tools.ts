import type { FidelityCollector } from '../shared/fidelity.ts'
import { objectOf, stringOf } from '../shared/json.ts'
import {
  booleanAt,
  listAt,
  missing,
  objectAt,
  requiredObjectAt,
  requiredStringAt,
  stringAt,
  wordAt,
} from '../shared/request-values.ts'
import { RequestError } from '../spec/inbound.ts'
import type { JsonObject, JsonValue } from '../spec/json.ts'
import type { FunctionTool, ModelRequest, Tool, ToolChoice } from '../spec/request.ts'
import { cacheMark } from './inbound-parts.ts'

export interface DecodedTools extends Pick<ModelRequest, 'tools' | 'toolChoice' | 'parallelToolCalls'> {
  /** Calls are to be spelled in the deprecated way. */
  legacy: boolean
}

/**
 * `tools` and `tool_choice`, else their deprecated forms `functions` and `function_call`, which know one call per
 * reply. https://platform.openai.com/docs/api-reference/chat/create#chat-create-tools
 */
export function decodeTools(body: JsonObject, notes: FidelityCollector): DecodedTools {
  const functions = listAt(body['functions'], 'functions')
  if (functions && !body['tools']) return decodeLegacyTools(body, functions)
  const tools = listAt(body['tools'], 'tools')?.map((value, index) => decodeTool(value, `tools[${index}]`))
  const choice = decodeChoice(body['tool_choice'], tools ?? [], notes)
  return {
    tools: choice.tools.length > 0 ? choice.tools : undefined,
    toolChoice: choice.toolChoice,
    parallelToolCalls: booleanAt(body['parallel_tool_calls'], 'parallel_tool_calls'),
    legacy: false,
  }
}

function decodeLegacyTools(body: JsonObject, functions: JsonValue[]): DecodedTools {
  const tools = functions.map((value, index) => {
    const path = `functions[${index}]`
    return decodeFunction(requiredObjectAt(value, path), path)
  })
  return {
    tools: tools.length > 0 ? tools : undefined,
    toolChoice: decodeLegacyChoice(body['function_call'], tools),
    parallelToolCalls: false,
    legacy: true,
  }
}

function decodeLegacyChoice(value: JsonValue | undefined, tools: Tool[]): ToolChoice | undefined {
  if (typeof value === 'string') return modeOf(value, 'function_call', ['auto', 'none'])
  const choice = objectAt(value, 'function_call')
  return choice && namedChoice(requiredStringAt(choice['name'], 'function_call.name'), tools, 'function_call')
}

/** A tool of another type is one that the provider runs itself, or one of its own kind (`custom`). */
function decodeTool(value: JsonValue, path: string): Tool {
  const tool = requiredObjectAt(value, path)
  const type = requiredStringAt(tool['type'], `${path}.type`)
  if (type !== 'function') return { type: 'provider', dialect: 'openai-chat', definition: tool }
  return {
    ...decodeFunction(requiredObjectAt(tool['function'], `${path}.function`), `${path}.function`),
    ...cacheMark(tool),
  }
}

/** Left out parameters mean a function without any. */
function decodeFunction(details: JsonObject, path: string): FunctionTool {
  return {
    type: 'function',
    name: requiredStringAt(details['name'], `${path}.name`),
    description: stringAt(details['description'], `${path}.description`),
    inputSchema: objectAt(details['parameters'], `${path}.parameters`) ?? { type: 'object', properties: {} },
    strict: booleanAt(details['strict'], `${path}.strict`),
  }
}

interface DecodedChoice {
  toolChoice: ToolChoice | undefined
  tools: Tool[]
}

function decodeChoice(value: JsonValue | undefined, tools: Tool[], notes: FidelityCollector): DecodedChoice {
  if (typeof value === 'string') {
    const toolChoice = modeOf(value, 'tool_choice', ['none', 'auto', 'required'])
    if (toolChoice.type === 'required' && tools.length === 0) throw withoutTools()
    return { toolChoice, tools }
  }
  const choice = objectAt(value, 'tool_choice')
  if (!choice) return { toolChoice: undefined, tools }
  const type = wordAt(choice['type'], 'tool_choice.type', choiceTypes) ?? missing('tool_choice.type')
  if (type === 'allowed_tools') return allowedTools(choice, tools, notes)
  const path = `tool_choice.${type}`
  const name = requiredStringAt(requiredObjectAt(choice[type], path)['name'], `${path}.name`)
  const toolChoice = namedChoice(name, tools, path)
  if (type === 'function') return { toolChoice, tools }
  notes.dropped('toolChoice', 'a custom tool cannot be named')
  return { toolChoice: undefined, tools }
}

const choiceTypes = ['function', 'allowed_tools', 'custom'] as const

/** https://platform.openai.com/docs/guides/function-calling#tool-choice: the others stay listed, for the cache. */
function allowedTools(choice: JsonObject, tools: Tool[], notes: FidelityCollector): DecodedChoice {
  const path = 'tool_choice.allowed_tools'
  const allowed = requiredObjectAt(choice['allowed_tools'], path)
  const mode = requiredStringAt(allowed['mode'], `${path}.mode`)
  const list = listAt(allowed['tools'], `${path}.tools`) ?? []
  const names = new Set(list.map((entry, index) => allowedName(entry, `${path}.tools[${index}]`)))
  notes.renamed('toolChoice', 'only the allowed tools are offered')
  return {
    toolChoice: modeOf(mode, `${path}.mode`, ['auto', 'required']),
    tools: tools.filter((tool) => names.has(nameOf(tool))),
  }
}

function allowedName(entry: JsonValue, path: string): string {
  const tool = requiredObjectAt(entry, path)
  const type = requiredStringAt(tool['type'], `${path}.type`)
  return requiredStringAt(objectOf(tool[type])?.['name'], `${path}.${type}.name`)
}

function modeOf<T extends 'auto' | 'none' | 'required'>(
  value: string,
  path: string,
  modes: readonly T[],
): { type: T } {
  return { type: wordAt(value, path, modes) ?? missing(path) }
}

function namedChoice(name: string, tools: Tool[], path: string): ToolChoice {
  if (tools.length === 0) throw withoutTools()
  if (!tools.some((tool) => nameOf(tool) === name)) {
    throw new RequestError(
      `Tool choice '${name.slice(0, 100)}' not found in 'tools' parameter.`,
      `${path}.name`,
    )
  }
  return { type: 'named', name }
}

function nameOf(tool: Tool): string {
  if (tool.type === 'function') return tool.name
  return stringOf(objectOf(tool.definition['custom'])?.['name']) ?? ''
}

function withoutTools(): RequestError {
  return new RequestError(
    "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.",
    'tool_choice',
  )
}
