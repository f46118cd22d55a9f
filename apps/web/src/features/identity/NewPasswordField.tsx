import { PasswordField } from '../../ui/index.ts'

const leastCharacters = 10

interface NewPasswordFieldProps {
  label?: string
  value: string
  onValue: (value: string) => void
  error?: string | null
}

/** A password to be set. Length is the only rule, as NIST SP 800-63B advises. */
export function NewPasswordField({ label = 'Password', value, onValue, error }: NewPasswordFieldProps) {
  return (
    <PasswordField
      label={label}
      name="new-password"
      autoComplete="new-password"
      required
      minLength={leastCharacters}
      maxLength={128}
      hint={`At least ${leastCharacters} characters. A few words are easier to remember than symbols.`}
      value={value}
      error={error}
      onChange={(event) => onValue(event.target.value)}
    />
  )
}
