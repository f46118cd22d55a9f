import { useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { call, type Reply } from '../../api/client.ts'
import { useAction } from '../../api/use-action.ts'
import { useBootstrap } from '../../api/session.tsx'
import { paths } from '../../paths.ts'
import { BlankPage } from '../../routes/BlankPage.tsx'
import { GoTo, useGo } from '../../routes/links.tsx'
import { QuietPage } from '../../routes/QuietPage.tsx'
import { Button, ErrorState, Notice, TextField } from '../../ui/index.ts'

type Request = Reply<'getDeviceRequest'>

/** Where a person signs a device in that has no browser, such as the command line. */
export function Device() {
  const { user_code: code = '' } = useSearch({ from: '/device' })
  const { bootstrap, isConfirmed } = useBootstrap()
  if (!bootstrap || (!bootstrap.person && !isConfirmed)) return <BlankPage />
  if (!bootstrap.person) return <GoTo path={paths.signIn(paths.device(code))} />
  if (code === '') return <EnterCode />
  return <Waiting key={code} code={code} email={bootstrap.person.email} />
}

function EnterCode() {
  const go = useGo()
  const [code, setCode] = useState('')
  return (
    <QuietPage title="Sign a device in" lead="Type the code that the device shows.">
      <form
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault()
          go(paths.device(code.trim()), { replace: true })
        }}
      >
        <TextField
          label="Code"
          value={code}
          required
          autoComplete="one-time-code"
          autoCapitalize="characters"
          spellCheck={false}
          onChange={(event) => setCode(event.target.value)}
        />
        <Button type="submit" variant="primary">
          Go on
        </Button>
      </form>
    </QuietPage>
  )
}

function Waiting({ code, email }: { code: string; email: string }) {
  const go = useGo()
  const request = useQuery({
    queryKey: ['device', code],
    queryFn: ({ signal }) => call('getDeviceRequest', { params: { userCode: code } }, { signal }),
    retry: false,
  })
  if (request.error) {
    return (
      <QuietPage
        title="No device waits with this code"
        lead="It may be mistyped, or have run out after ten minutes."
      >
        <ErrorState error={request.error} />
        <Button onClick={() => go(paths.device(), { replace: true })}>Type the code again</Button>
      </QuietPage>
    )
  }
  if (!request.data) return <BlankPage />
  if (request.data.status !== 'pending') return <Decided approved={request.data.status === 'approved'} />
  return <Decide request={request.data} email={email} />
}

function Decide({ request, email }: { request: Request; email: string }) {
  const { userCode, device } = request
  const decide = useAction(async (approve: boolean) => {
    await call('decideDeviceRequest', { params: { userCode }, body: { approve } })
    return { approve }
  })
  if (decide.result) return <Decided approved={decide.result.approve} />
  return (
    <QuietPage title="Sign this device in?" lead={`It will act as you, ${email}, until you end its session.`}>
      <dl className="flex flex-col gap-3 rounded-6 border border-line p-3">
        <div>
          <dt className="text-13 text-muted">It calls itself</dt>
          <dd className="break-words">{device}</dd>
        </div>
        <div>
          <dt className="text-13 text-muted">It shows the code</dt>
          <dd className="font-mono text-20">{userCode}</dd>
        </div>
      </dl>
      <Notice tone="warn">
        Go on only when you started this yourself a moment ago. Nobody from Atrium asks you for a code.
      </Notice>
      {decide.error && <ErrorState error={decide.error} />}
      <div className="flex gap-2">
        <Button variant="primary" busy={decide.busy} onClick={() => void decide.run(true)}>
          Sign it in
        </Button>
        <Button disabled={decide.busy} onClick={() => void decide.run(false)}>
          Refuse
        </Button>
      </div>
    </QuietPage>
  )
}

const Decided = ({ approved }: { approved: boolean }) => (
  <QuietPage
    title={approved ? 'The device is signed in' : 'The device was refused'}
    lead={
      approved
        ? 'You can close this page. Its session is listed in your security settings, where you can end it.'
        : 'It got no access. You can close this page.'
    }
  >
    {null}
  </QuietPage>
)
