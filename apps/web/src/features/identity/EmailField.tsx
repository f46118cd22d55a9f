import { TextField, type TextFieldProps } from '../../ui/index.ts'

interface EmailFieldProps extends Omit<TextFieldProps, 'label' | 'value'> {
  value: string
  onValue: (value: string) => void
}

/** The address that a person signs in with. */
export const EmailField = ({ value, onValue, ...rest }: EmailFieldProps) => (
  <TextField
    label="E-mail"
    type="email"
    name="email"
    autoComplete="username"
    required
    maxLength={254}
    {...rest}
    value={value}
    onChange={(event) => onValue(event.target.value)}
  />
)
