import type { Role } from '@atrium/contract'

/** The roles, strongest first, with what they may do. */
export const roleOptions: readonly { value: Role; label: string; hint: string }[] = [
  { value: 'owner', label: 'Owner', hint: 'May do everything.' },
  { value: 'admin', label: 'Admin', hint: 'Manages members, models and keys, and reads the audit log.' },
  { value: 'member', label: 'Member', hint: 'Chats, uploads files and makes own API keys.' },
  { value: 'viewer', label: 'Viewer', hint: 'Reads only.' },
]
