import { expect, inject, test } from 'vitest'
import { owner } from './support/owner.ts'
import { useVisits } from './support/visits.ts'

const app = inject('app')
const visits = useVisits(() => app.url)

interface Code {
  deviceCode: string
  userCode: string
  verificationUrlComplete: string
}

test('signs a device in through the page that it names, after signing in oneself', async () => {
  const code = await begin('atrium on laptop')
  const page = await (await visits.guest()).newPage()
  await page.goto(code.verificationUrlComplete)
  await page.getByLabel('E-mail').fill(owner.email)
  await page.getByLabel('Password', { exact: true }).fill(owner.password)
  await page.getByRole('button', { name: 'Sign in' }).click()

  await page.getByRole('heading', { name: 'Sign this device in?' }).waitFor()
  await page.getByText(code.userCode).waitFor()
  await page.getByText('atrium on laptop').waitFor()
  await page.getByText(owner.email).waitFor()
  await page.getByRole('button', { name: 'Sign it in' }).click()
  await page.getByRole('heading', { name: 'The device is signed in' }).waitFor()
  const token = await claim(code)
  const me = await fetch(`${app.url}/api/v1/me`, { headers: { authorization: `Bearer ${token}` } })
  expect(await me.json()).toMatchObject({ email: owner.email })

  await page.goto('/#settings/Security')
  await page.getByRole('dialog', { name: 'Settings' }).getByText('atrium-laptop').waitFor()
})

test('takes a code that is typed in small letters, and gives a refused device nothing', async () => {
  const code = await begin('somebody else’s tool')
  const page = await visits.ownerPage()
  await page.goto('/device')
  await page.getByLabel('Code').fill(` ${code.userCode.toLowerCase()} `)
  await page.getByRole('button', { name: 'Go on' }).click()
  await page.getByRole('button', { name: 'Refuse' }).click()
  await page.getByRole('heading', { name: 'The device was refused' }).waitFor()
  const { status } = await post('/api/v1/auth/device-tokens', { deviceCode: code.deviceCode })
  expect(status).toBe(403)
})

test('says when no device waits with a code, and lets it be typed again', async () => {
  visits.expectConsole(/404/)
  const page = await visits.ownerPage()
  await page.goto('/device?user_code=2345-6789')
  await page.getByRole('heading', { name: 'No device waits with this code' }).waitFor()
  await page.getByRole('button', { name: 'Type the code again' }).click()
  await page.getByLabel('Code').waitFor()
})

const post = (path: string, body: object): Promise<Response> =>
  fetch(`${app.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': 'atrium-laptop/1.0' },
    body: JSON.stringify(body),
  })

/** Begins as a device does that has no browser. */
async function begin(device: string): Promise<Code> {
  const response = await post('/api/v1/auth/device-codes', { device })
  // The endpoint answers in this form.
  return (await response.json()) as Code
}

async function claim({ deviceCode }: Code): Promise<string> {
  const response = await post('/api/v1/auth/device-tokens', { deviceCode })
  // As above.
  const { token } = (await response.json()) as { token: string }
  return token
}
