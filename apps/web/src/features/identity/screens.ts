/** The screens around signing in, read together. */
export { Device } from './Device.tsx'
export { Invitation } from './Invitation.tsx'
export { NoWorkspace } from './NoWorkspace.tsx'
export { ResetPassword } from './ResetPassword.tsx'
export { SignIn } from './SignIn.tsx'
export { SignUp } from './SignUp.tsx'
export { VerifyEmail } from './VerifyEmail.tsx'
export { Welcome } from './Welcome.tsx'
