import type { ReactNode } from 'react'
import type { Submission } from '../../api/use-action.ts'
import { Button, Notice } from '../../ui/index.ts'

interface AuthFormProps {
  submission: Submission
  submitLabel: string
  children: ReactNode
  /** Links under the button. */
  footer?: ReactNode
}

/** A column of fields with one button. */
export function AuthForm({ submission, submitLabel, children, footer }: AuthFormProps) {
  return (
    <>
      <form {...submission.formProps} className="flex flex-col gap-4">
        {submission.problem && <Notice tone="danger">{submission.problem}</Notice>}
        {children}
        <Button type="submit" variant="primary" busy={submission.busy} className="mt-1 h-9">
          {submitLabel}
        </Button>
      </form>
      {footer && <div className="flex flex-col gap-1.5 text-13 text-muted">{footer}</div>}
    </>
  )
}
