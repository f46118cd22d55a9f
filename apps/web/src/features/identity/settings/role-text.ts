import type { Role } from '@atrium/contract'

/** The roles, strongest first, with what they may do. */
export const roleOptions: readonly { value: Role; label: string; hint: string }[] = [
  { value: 'owner', label: 'Owner', hint: 'Can do everything.' },
  { value: 'admin', label: 'Admin', hint: 'Can manage members, models and keys, and read the audit log.' },
  { value: 'member', label: 'Member', hint: 'Can chat, upload files and make API keys of their own.' },
  { value: 'viewer', label: 'Viewer', hint: 'Can only read.' },
]
