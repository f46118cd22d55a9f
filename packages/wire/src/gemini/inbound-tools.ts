import type { FidelityCollector } from '../shared/fidelity.ts'
import { objectAt, requiredObjectAt, requiredStringAt, stringAt } from '../shared/request-values.ts'
import { RequestError } from '../spec/inbound.ts'
import type { JsonObject, JsonValue } from '../spec/json.ts'
import type { FunctionTool, Tool, ToolChoice } from '../spec/request.ts'
import { decodeSchema } from './inbound-schema.ts'
import { bothCases, listOf, memberOf, othersOf } from './inbound-values.ts'

/** Each entry holds functions, tools that Gemini runs, or both. https://ai.google.dev/api/caching#Tool. @throws RequestError */
export function decodeTools(value: JsonValue | undefined, notes: FidelityCollector): Tool[] | undefined {
  return listOf(value)?.flatMap((entry, index): Tool[] => {
    const at = `tools[${index}]`
    const tool = requiredObjectAt(entry, at)
    const functions = (listOf(memberOf(tool, 'functionDeclarations')) ?? []).map((declaration, position) =>
      decodeFunction(declaration, `${at}.functionDeclarations[${position}]`, notes),
    )
    const definition = othersOf(tool, declarations)
    return Object.keys(definition).length === 0
      ? functions
      : [...functions, { type: 'provider', dialect: 'gemini', definition }]
  })
}

const declarations = bothCases('functionDeclarations')

function decodeFunction(value: JsonValue, at: string, notes: FidelityCollector): FunctionTool {
  const declaration = requiredObjectAt(value, at)
  const tool: FunctionTool = {
    type: 'function',
    name: requiredStringAt(declaration['name'], `${at}.name`),
    inputSchema: decodeParameters(declaration, at),
  }
  const description = stringAt(declaration['description'], `${at}.description`)
  if (description !== undefined) tool.description = description
  if (Object.keys(othersOf(declaration, functionMembers)).length > 0) {
    notes.dropped('tools', 'members of a function that are Gemini’s own')
  }
  return tool
}

const functionMembers = bothCases('name', 'description', 'parameters', 'parametersJsonSchema')

function decodeParameters(declaration: JsonObject, at: string): JsonObject {
  const path = `${at}.parametersJsonSchema`
  const schema = objectAt(memberOf(declaration, 'parametersJsonSchema'), path)
  if (schema) return schema
  const parameters = declaration['parameters']
  if (parameters == null) return { type: 'object', properties: {} }
  return decodeSchema(parameters, `${at}.parameters`)
}

export interface DecodedToolConfig {
  toolChoice?: ToolChoice
  /** When only these may be called. */
  allowed?: ReadonlySet<string>
  /** A configuration that says more, in its own spelling. */
  own?: JsonObject
}

/** https://ai.google.dev/gemini-api/docs/function-calling#function_calling_modes. @throws RequestError */
export function decodeToolConfig(value: JsonValue | undefined): DecodedToolConfig {
  const config = objectAt(value, 'toolConfig')
  if (!config) return {}
  const at = 'toolConfig.functionCallingConfig'
  const calling = objectAt(memberOf(config, 'functionCallingConfig'), at) ?? {}
  const mode = stringAt(calling['mode'], `${at}.mode`)?.toUpperCase()
  const names = (listOf(memberOf(calling, 'allowedFunctionNames')) ?? []).map((name, index) =>
    requiredStringAt(name, `${at}.allowedFunctionNames[${index}]`),
  )
  const more = { ...othersOf(config, configMembers), ...othersOf(calling, callingMembers) }
  const own = mode === 'VALIDATED' || Object.keys(more).length > 0 ? { own: config } : {}
  return { ...own, ...decodeMode(mode, names, `${at}.mode`) }
}

const configMembers = bothCases('functionCallingConfig')
const callingMembers = bothCases('mode', 'allowedFunctionNames')

function decodeMode(mode: string | undefined, names: string[], at: string): DecodedToolConfig {
  switch (mode) {
    case undefined:
    case 'MODE_UNSPECIFIED':
      return {}
    case 'AUTO':
    // Calls that fit their schema or text, which is what other providers do anyway.
    case 'VALIDATED':
      return { toolChoice: { type: 'auto' } }
    case 'NONE':
      return { toolChoice: { type: 'none' } }
    case 'ANY':
      return decodeAny(names)
    default:
      throw new RequestError(`Invalid value for '${at}'. Supported values are: 'AUTO', 'ANY', 'NONE'.`, at)
  }
}

function decodeAny([name, ...others]: string[]): DecodedToolConfig {
  if (name === undefined) return { toolChoice: { type: 'required' } }
  if (others.length === 0) return { toolChoice: { type: 'named', name } }
  return { toolChoice: { type: 'required' }, allowed: new Set([name, ...others]) }
}

/** Of the functions those that may be called; other tools are not meant by such a list. @throws RequestError */
export function allowedTools(
  tools: Tool[] | undefined,
  { allowed, toolChoice }: DecodedToolConfig,
  notes: FidelityCollector,
): Tool[] | undefined {
  const names = new Set(tools?.flatMap((tool) => (tool.type === 'function' ? [tool.name] : [])))
  const path = 'toolConfig.functionCallingConfig.allowedFunctionNames'
  const wanted = allowed ?? (toolChoice?.type === 'named' ? [toolChoice.name] : [])
  for (const name of wanted) {
    if (!names.has(name))
      throw new RequestError(`'${path}' must be a subset of the declared functions.`, path)
  }
  if (!allowed || !tools) return tools
  notes.renamed('toolChoice', 'functions that are not allowed were left out')
  return tools.filter((tool) => tool.type !== 'function' || allowed.has(tool.name))
}
