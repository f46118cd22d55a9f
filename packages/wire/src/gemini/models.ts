/** Thinks by a budget; later ones by a level. Names without a version (`gemini-flash-latest`) are the newest. */
export function isBeforeGemini3(model: string): boolean {
  return /gemini-[12](?:\D|$)/u.test(model)
}

/** Refuses function calls that lack their signature. */
export function requiresSignatures(model: string): boolean {
  return model.includes('gemini') && !isBeforeGemini3(model)
}
