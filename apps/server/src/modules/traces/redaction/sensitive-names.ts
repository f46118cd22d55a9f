/** Decides by a name whether what it names is a secret: attributes, fields of JSON, headers, variables. */
export type SensitiveNames = (name: string) => boolean

const secretWords = new Set(
  (
    'password passwd pwd passphrase passcode secret secrets authorization cookie cookies credential credentials jwt ' +
    'bearer passwort kennwort contraseña contrasena senha wachtwoord mdp'
  ).split(' '),
)
/** Of words written together: `dbpassword`, `accesstoken`. */
const secretEndings =
  /(?:password|passwd|passphrase|apikey|secretkey|privatekey|accesskey|accountkey|clientsecret|accesstoken|authtoken|refreshtoken|sessiontoken|idtoken|bearertoken|setcookie|motdepasse)$/
const keysThatAreSecret = new Set(
  'api access secret private signing encryption auth account master subscription'.split(' '),
)
/** Whoever has a signed URL may do what it signs. */
const signatures = new Set(['amz signature', 'goog signature', 'sig'])
/** Tokens of a language model, of its vocabulary and of a list's pages are none that open anything. */
const harmlessTokens = new Set(
  (
    'next previous prev page continuation continue sync cursor last first start end stop eos bos pad unk mask sep cls ' +
    'special per input output prompt completion cached reasoning total max min image audio text top chosen bytes'
  ).split(' '),
)

function isSensitive(name: string): boolean {
  const words = name
    .replaceAll(/([a-z\d])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z\d\u00e0-\u024f]+/)
    .filter((word) => word !== '')
  const last = words.at(-1)?.replace(/\d+$/, '') ?? ''
  const previous = words.at(-2) ?? ''
  if (last === 'token') return !harmlessTokens.has(previous)
  if (last === 'key') return keysThatAreSecret.has(previous)
  if (signatures.has(last) || signatures.has(`${previous} ${last}`)) return true
  return secretWords.has(last) || secretEndings.test(last)
}

const longestName = 128
const mostNames = 4096

/** With a memory of its own: the same few names come again and again. */
export function createSensitiveNames(): SensitiveNames {
  const known = new Map<string, boolean>()
  return (name) => {
    const short = name.length > longestName ? name.slice(-longestName) : name
    const before = known.get(short)
    if (before !== undefined) return before
    const answer = isSensitive(short)
    if (known.size < mostNames) known.set(short, answer)
    return answer
  }
}
