import type { FidelityCollector } from '../shared/fidelity.ts'
import { stringOf } from '../shared/json.ts'
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
import type { FunctionTool, Tool, ToolChoice } from '../spec/request.ts'

/** https://platform.openai.com/docs/guides/function-calling and …/tools. @throws RequestError */
export function decodeTools(value: JsonValue | undefined, notes: FidelityCollector): Tool[] | undefined {
  return listAt(value, 'tools')?.map((entry, index) => {
    const at = `tools[${index}]`
    const tool = requiredObjectAt(entry, at)
    const type = requiredStringAt(tool['type'], `${at}.type`)
    return type === 'function'
      ? decodeFunction(tool, at, notes)
      : { type: 'provider', dialect: 'openai-responses', definition: tool }
  })
}

function decodeFunction(tool: JsonObject, at: string, notes: FidelityCollector): FunctionTool {
  const decoded: FunctionTool = {
    type: 'function',
    name: requiredStringAt(tool['name'], `${at}.name`),
    inputSchema: objectAt(tool['parameters'], `${at}.parameters`) ?? { type: 'object', properties: {} },
  }
  const description = stringAt(tool['description'], `${at}.description`)
  const strict = booleanAt(tool['strict'], `${at}.strict`)
  if (description !== undefined) decoded.description = description
  if (strict !== undefined) decoded.strict = strict
  if (Object.keys(tool).some((member) => !functionMembers.has(member))) {
    notes.dropped('tools', 'members of a function that are OpenAI’s own')
  }
  return decoded
}

const functionMembers: ReadonlySet<string> = new Set(['type', 'name', 'description', 'parameters', 'strict'])

export interface DecodedToolChoice {
  toolChoice?: ToolChoice
  /** When only these may be called. */
  allowed?: ReadonlySet<string>
  /** A choice of a tool that OpenAI runs, in its own spelling. */
  own?: JsonObject
}

/** https://platform.openai.com/docs/api-reference/responses/create#responses-create-tool_choice. @throws RequestError */
export function decodeToolChoice(value: JsonValue | undefined): DecodedToolChoice {
  if (value === undefined || value === null) return {}
  if (typeof value === 'string') {
    const type = wordAt(value, 'tool_choice', ['auto', 'none', 'required'])
    return type ? { toolChoice: { type } } : {}
  }
  const choice = requiredObjectAt(value, 'tool_choice')
  switch (requiredStringAt(choice['type'], 'tool_choice.type')) {
    case 'function':
      return { toolChoice: { type: 'named', name: requiredStringAt(choice['name'], 'tool_choice.name') } }
    case 'allowed_tools':
      return decodeAllowed(choice)
    default:
      return { own: choice }
  }
}

function decodeAllowed(choice: JsonObject): DecodedToolChoice {
  const type = wordAt(choice['mode'], 'tool_choice.mode', ['auto', 'required']) ?? missing('tool_choice.mode')
  const tools = listAt(choice['tools'], 'tool_choice.tools') ?? missing('tool_choice.tools')
  const allowed = tools.map((entry, index) => {
    const at = `tool_choice.tools[${index}]`
    const tool = requiredObjectAt(entry, at)
    return stringAt(tool['name'], `${at}.name`) ?? requiredStringAt(tool['type'], `${at}.type`)
  })
  return { toolChoice: { type }, allowed: new Set(allowed) }
}

/** The tools that may be called. */
export function allowedTools(
  tools: Tool[] | undefined,
  allowed: ReadonlySet<string> | undefined,
  notes: FidelityCollector,
): Tool[] | undefined {
  if (!allowed || !tools) return tools
  notes.renamed('toolChoice', 'tools that are not allowed were left out')
  const kept = tools.filter((tool) => allowed.has(nameOf(tool)))
  if (kept.length > 0) return kept
  throw new RequestError("'tool_choice.tools' must name tools of 'tools'.", 'tool_choice.tools')
}

/** Tools that OpenAI runs are chosen by their type, unless they have a name. */
function nameOf(tool: Tool): string {
  if (tool.type === 'function') return tool.name
  return stringOf(tool.definition['name']) ?? stringOf(tool.definition['type']) ?? ''
}
