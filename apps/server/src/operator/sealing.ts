import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto'
import { Transform, type TransformCallback } from 'node:stream'
import { promisify } from 'node:util'
import { BackupError, damaged } from './backup-error.ts'

/*
 * A sealed file: 16 bytes of magic, 1 byte log2(N) of scrypt, 16 bytes of salt, then pieces of 64 KiB, each
 * encrypted with AES-256-GCM and followed by its 16-byte tag. The nonce counts the pieces and marks the last one
 * (STREAM of Hoang, Reyhanitabar, Rogaway and Vizár 2015, as age uses it), so pieces cannot be moved, dropped or
 * cut off unnoticed. The key is derived anew for each file (RFC 7914), so nonces never repeat.
 */
export const magic = Buffer.from('ATRIUM SEALED 1\n')
const pieceBytes = 65_536
const tagBytes = 16
const saltBytes = 16
const headBytes = magic.length + 1 + saltBytes
const logCost = 17
/** More would let a forged file take all memory. */
const mostLogCost = 20

const derive = promisify<string, Buffer, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(
  scrypt,
)

const keyFor = (passphrase: string, salt: Buffer, logN: number): Promise<Buffer> =>
  derive(passphrase.normalize('NFKC'), salt, 32, { N: 2 ** logN, r: 8, p: 1, maxmem: 2 ** (logN + 11) })

/** Encrypts what passes through. */
export async function sealing(passphrase: string): Promise<Transform> {
  const salt = randomBytes(saltBytes)
  const head = Buffer.concat([magic, Buffer.from([logCost]), salt])
  const key = await keyFor(passphrase, salt, logCost)
  const seal = (piece: Buffer, index: number, last: boolean): Buffer => {
    const cipher = createCipheriv('aes-256-gcm', key, nonceOf(index, last)).setAAD(head)
    return Buffer.concat([cipher.update(piece), cipher.final(), cipher.getAuthTag()])
  }
  const transform = inPieces(pieceBytes, seal)
  transform.push(head)
  return transform
}

/**
 * Decrypts what passes through; every piece is proven before it is passed on.
 * @param head the file's first bytes, as `readHead` gives them; the rest passes through
 * @throws {BackupError} BACKUP_LOCKED for another passphrase
 */
export async function unsealing(passphrase: string, head: Buffer): Promise<Transform> {
  const logN = head[magic.length] ?? 0
  if (head.length < headBytes || logN > mostLogCost) throw damaged('its first bytes cannot be read')
  const key = await keyFor(passphrase, head.subarray(magic.length + 1), logN)
  const open = (piece: Buffer, index: number, last: boolean): Buffer => {
    if (piece.length < tagBytes) throw damaged('it ends in the middle')
    const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(index, last), { authTagLength: tagBytes })
      .setAAD(head)
      .setAuthTag(piece.subarray(-tagBytes))
    try {
      return Buffer.concat([decipher.update(piece.subarray(0, -tagBytes)), decipher.final()])
    } catch (cause) {
      if (index > 0) throw damaged('an encrypted piece was changed or is missing', cause)
      throw new BackupError(
        'BACKUP_LOCKED',
        'The passphrase does not open this backup, or the backup is damaged.',
        {
          cause,
        },
      )
    }
  }
  return inPieces(pieceBytes + tagBytes, open)
}

export const sealedHeadBytes = headBytes

function nonceOf(index: number, last: boolean): Buffer {
  const nonce = Buffer.alloc(12)
  nonce.writeUInt32BE(Math.floor(index / 2 ** 32), 3)
  nonce.writeUInt32BE(index >>> 0, 7)
  nonce[11] = last ? 1 : 0
  return nonce
}

/** Passes on what `work` makes of each piece; the last one is what is left at the end, perhaps nothing. */
function inPieces(size: number, work: (piece: Buffer, index: number, last: boolean) => Buffer): Transform {
  let waiting: Buffer[] = []
  let waitingBytes = 0
  let index = 0
  return new Transform({
    transform(chunk: Buffer, _, done: TransformCallback) {
      waiting.push(chunk)
      waitingBytes += chunk.length
      if (waitingBytes <= size) return done()
      attempt(done, () => {
        const all = Buffer.concat(waiting)
        let at = 0
        // A full piece stays until more comes: it may be the last.
        for (; all.length - at > size; at += size)
          this.push(work(all.subarray(at, at + size), index++, false))
        waiting = [all.subarray(at)]
        waitingBytes = all.length - at
      })
    },
    flush(done: TransformCallback) {
      attempt(done, () => this.push(work(Buffer.concat(waiting), index, true)))
    },
  })
}

function attempt(done: TransformCallback, work: () => void): void {
  try {
    work()
  } catch (error) {
    done(error instanceof Error ? error : new Error(String(error)))
    return
  }
  done()
}
