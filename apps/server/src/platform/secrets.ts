import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'
import type { Secret } from './config.ts'
import { AppError } from './errors.ts'

/** What a ciphertext belongs to. It opens only for the same three. */
export interface Binding {
  readonly workspaceId: string
  readonly rowId: string
  /** Which field, such as `connection-key`. */
  readonly purpose: string
}

/** A workspace's key. It prints as nothing and leaves the process only wrapped. */
export type DataKey = KeyObject

/** A stored secret does not open: it was changed, moved to another row or workspace, or sealed by another master secret. */
export class SecretError extends AppError {
  constructor(detail: string, cause?: unknown) {
    super('SECRET_UNREADABLE', 'A stored secret cannot be read.', { status: 500, detail, cause })
    this.name = 'SecretError'
  }
}

/**
 * Envelope encryption under the master secret. All ciphertexts are text: `v1.keyId.payload`, where the payload is
 * base64url of 12 bytes of nonce, the AES-256-GCM ciphertext and 16 bytes of tag.
 */
export interface Keyring {
  /** Makes a data key. Store what `wrapDataKey` gives. */
  readonly newDataKey: () => DataKey
  readonly wrapDataKey: (dataKey: DataKey, workspaceId: string) => string
  /** @throws {SecretError} */
  readonly unwrapDataKey: (wrapped: string, workspaceId: string) => DataKey
  /** Whether a wrapped key was wrapped under an earlier master secret and should be wrapped anew. */
  readonly isOutdated: (wrapped: string) => boolean
  readonly encrypt: (dataKey: DataKey, plaintext: string, binding: Binding) => string
  /** @throws {SecretError} */
  readonly decrypt: (dataKey: DataKey, ciphertext: string, binding: Binding) => string
  /** A key of its own for each purpose, 32 bytes, always the same for the same master secret. */
  readonly derive: (purpose: string) => Buffer
  /** HMAC-SHA256 in base64url. What is signed for one purpose does not verify for another. */
  readonly sign: (purpose: string, message: string) => string
  readonly verify: (purpose: string, message: string, signature: string) => boolean
}

const version = 'v1'
const nonceLength = 12
const tagLength = 16
const keyLength = 32

/**
 * @param master the secret under which everything new is sealed.
 * @param previous earlier master secrets, under which old data keys still open.
 */
export function createKeyring(master: Secret, previous: readonly Secret[] = []): Keyring {
  const current = deriveMaster(master)
  const masters = new Map([current, ...previous.map(deriveMaster)].map((one) => [one.id, one]))
  const derive = (purpose: string): Buffer => expand(master, `purpose/${purpose}`)
  const sign = (purpose: string, message: string): string =>
    createHmac('sha256', derive(`sign/${purpose}`))
      .update(message)
      .digest('base64url')

  return {
    newDataKey: () => createSecretKey(randomBytes(keyLength)),
    wrapDataKey: (dataKey, workspaceId) =>
      seal(current.key, current.id, dataKey.export(), ['data-key', workspaceId]),
    unwrapDataKey: (wrapped, workspaceId) => {
      const found = masters.get(keyIdOf(wrapped))
      if (!found) throw new SecretError('the data key was wrapped under a master secret that is not known')
      return createSecretKey(open(found.key, wrapped, ['data-key', workspaceId]))
    },
    isOutdated: (wrapped) => keyIdOf(wrapped) !== current.id,
    encrypt: (dataKey, plaintext, binding) => seal(dataKey, 'data', Buffer.from(plaintext), boundTo(binding)),
    decrypt: (dataKey, ciphertext, binding) => open(dataKey, ciphertext, boundTo(binding)).toString(),
    derive,
    sign,
    verify: (purpose, message, signature) => sameText(signature, sign(purpose, message)),
  }
}

/** Compares two texts in a time that does not depend on where they differ. */
export function sameText(one: string, other: string): boolean {
  const [first, second] = [Buffer.from(one), Buffer.from(other)]
  return first.length === second.length && timingSafeEqual(first, second)
}

interface MasterKey {
  /** Tells master secrets apart without telling anything about them. */
  readonly id: string
  readonly key: KeyObject
}

function deriveMaster(master: Secret): MasterKey {
  return {
    id: expand(master, 'master-key-id/v1').toString('hex', 0, 4),
    key: createSecretKey(expand(master, 'master-key/v1')),
  }
}

/** HKDF (RFC 5869) with SHA-256. */
const expand = (master: Secret, info: string): Buffer =>
  Buffer.from(hkdfSync('sha256', master.reveal(), 'atrium', info, keyLength))

const boundTo = ({ workspaceId, rowId, purpose }: Binding): readonly string[] => [
  'value',
  workspaceId,
  rowId,
  purpose,
]

/** JSON keeps the parts apart, whatever they contain. */
const additionalData = (keyId: string, parts: readonly string[]): Buffer =>
  Buffer.from(JSON.stringify([version, keyId, ...parts]))

function seal(key: KeyObject, keyId: string, plaintext: Buffer, parts: readonly string[]): string {
  const nonce = randomBytes(nonceLength)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(additionalData(keyId, parts))
  const payload = Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
  return [version, keyId, payload.toString('base64url')].join('.')
}

function open(key: KeyObject, sealed: string, parts: readonly string[]): Buffer {
  const [format, keyId = '', payload = ''] = sealed.split('.')
  const bytes = Buffer.from(payload, 'base64url')
  if (format !== version || bytes.length < nonceLength + tagLength) throw new SecretError('unknown format')
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceLength), {
    authTagLength: tagLength,
  })
    .setAAD(additionalData(keyId, parts))
    .setAuthTag(bytes.subarray(-tagLength))
  try {
    return Buffer.concat([decipher.update(bytes.subarray(nonceLength, -tagLength)), decipher.final()])
  } catch (cause) {
    throw new SecretError('the seal is broken: changed, or bound to something else', cause)
  }
}

const keyIdOf = (sealed: string): string => sealed.split('.')[1] ?? ''
