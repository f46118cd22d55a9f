import { paths } from '../paths.ts'
import { buttonClass } from '../ui/index.ts'
import { AppLink } from './links.tsx'
import { QuietPage } from './QuietPage.tsx'

export function NotFound() {
  return (
    <QuietPage
      title="There is nothing here"
      lead="The address may be mistyped, or what was here has been deleted."
    >
      <div>
        <AppLink to={paths.home()} className={buttonClass('primary')}>
          Go to the start page
        </AppLink>
      </div>
    </QuietPage>
  )
}
