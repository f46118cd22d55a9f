/** The parts of a form control that say what is wrong with its value. */
export interface Checked {
  readonly validity: Partial<ValidityState>
  readonly type: string
  readonly minLength?: number
  readonly min?: string
  readonly max?: string
}

/** What is wrong with the value of a control, in our words rather than the browser's. */
export function validityText({ validity, type, minLength, min, max }: Checked): string {
  if (validity.valueMissing) return type.startsWith('select') ? 'Choose one.' : 'Fill in this field.'
  if (validity.typeMismatch) {
    return type === 'email'
      ? 'This is not an e-mail address.'
      : 'Write the whole address, beginning with https:// or http://.'
  }
  if (validity.tooShort) return `At least ${minLength} characters are needed.`
  if (validity.badInput) return 'This is not a number.'
  if (validity.rangeUnderflow) return `The least is ${min}.`
  if (validity.rangeOverflow) return `The most is ${max}.`
  return 'This value does not fit here.'
}
