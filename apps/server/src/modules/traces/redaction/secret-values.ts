/** What a value without quotes looks like, beside a name such as `password`. */

/** Letters and digits, or signs that prose does not mix into words. */
export function looksSecret(value: string): boolean {
  if (value.length < 6 || /^\d+(?:[.,:/-]\d+)*$/.test(value)) return false
  return (/\d/.test(value) && /[A-Za-z]/.test(value)) || /[!#$%^*+=~?@]/.test(value)
}

const types = new Set(
  'string str number int bool boolean any unknown object optional required secret password token value await new self this'.split(
    ' ',
  ),
)
const reading =
  /^(?:os|process|env|config|settings|self|this|request|req|args|options|opts|params|props|secrets|vars|data|user|ctx|context|st|app)\??\./i

/** Code reads secrets from somewhere and hands them on by name; neither is a secret. */
export function isCodeWord(value: string, next: string): boolean {
  if (types.has(value.toLowerCase()) || reading.test(value)) return true
  if ('([{'.includes(next || '!') && /^[A-Za-z_$][\w$.]*$/.test(value)) return true
  // `password=db_password`, `apiKey: openaiApiKey`: the name of a variable that ends as the name does.
  return /^[A-Za-z_$][A-Za-z_$.]*(?:password|passwd|pwd|token|secret|key|cookie|credentials)$/i.test(value)
}
