import { createServer, type Server } from 'node:net'
import type { Mail } from '@atrium/contract'
import { startTestServer } from '@atrium/testkit'
import { afterEach, expect, it } from 'vitest'
import { asRole } from './test-support.ts'

let mailServer: Server | undefined
afterEach(() => {
  mailServer?.close()
})

/** A mail server (RFC 5321) that takes everything and keeps it. */
async function startMailServer(): Promise<{ url: string; received: string[] }> {
  const received: string[] = []
  mailServer = createServer((socket) => {
    let text = ''
    let inData = false
    const answer = (line: string): void => void socket.write(`${line}\r\n`)
    const take = (line: string): void => {
      if (!inData) return answer(/^DATA/i.test(line) ? ((inData = true), '354 go on') : '250 fine')
      if (line !== '.') return void (text += `${line}\n`)
      inData = false
      received.push(text)
      text = ''
      answer('250 taken')
    }
    let rest = ''
    socket.on('data', (chunk) => {
      const lines = (rest + chunk.toString()).split('\r\n')
      rest = lines.pop() ?? ''
      for (const line of lines) take(line)
    })
    socket.on('error', () => undefined)
    answer('220 test')
  })
  await new Promise<void>((resolve) => mailServer?.listen(0, '127.0.0.1', resolve))
  const address = mailServer.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return { url: `smtp://127.0.0.1:${port}`, received }
}

it('delivers mails through the configured server, and then forgets their links', async () => {
  const { url, received } = await startMailServer()
  await using server = await startTestServer({
    environment: { SMTP_URL: url, MAIL_FROM: 'Atrium <atrium@example.com>' },
  })
  const owner = await server.owner()
  await expect.poll(() => received.length, { timeout: 10_000 }).toBe(1)
  expect(received[0]).toContain('From: Atrium <atrium@example.com>')
  expect(received[0]).toContain(`To: ${owner.email}`)
  expect(decoded(received[0])).toContain('/verify-email?token=')
  await owner.client.post('/api/v1/auth/password-reset-requests', { email: owner.email })
  await owner.client.post(`${owner.base}/invitations`, { email: 'new@example.com', role: 'member' })
  await expect.poll(() => received.length, { timeout: 10_000 }).toBe(3)
  const outbox = async (): Promise<Mail[]> =>
    (await owner.client.get<{ data: Mail[] }>('/api/v1/installation/mails')).body.data
  await expect.poll(async () => (await outbox()).map(({ sent }) => sent)).toEqual([true, true, true])
  const stored = await asRole(server, 'job', async (client) =>
    JSON.stringify((await client.query('SELECT * FROM identity.mails')).rows),
  )
  for (const mail of received) {
    const [, token = ''] = /(?:token=|invitations\/)(\S+)/.exec(decoded(mail)) ?? []
    expect(token.length).toBeGreaterThan(20)
    expect(stored).not.toContain(token)
  }
  expect((await server.client().get('/api/v1/bootstrap')).body).toMatchObject({ mailConfigured: true })
})

/** Undoes quoted-printable (RFC 2045, section 6.7), as far as these mails use it. */
const decoded = (text = ''): string => text.replaceAll('=\n', '').replaceAll('=3D', '=')
