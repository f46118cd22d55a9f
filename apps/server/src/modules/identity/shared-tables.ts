/** Tables without row-level security, each with the reason why no workspace owns its rows. */
export const sharedTables: Readonly<Record<string, string>> = {
  'identity.people': 'a person belongs to any number of workspaces',
  'identity.sessions': 'a session belongs to a person',
  'identity.accounts': 'a way to sign in belongs to a person',
  'identity.verifications': 'a link in a mail belongs to a person',
  'identity.device_codes': 'a device waits to be signed in by a person',
  'identity.rate_limits': 'attempts are counted before anyone is known',
  'identity.installation': 'one row for the whole installation',
  'identity.mails': 'the outbox of the whole installation, shown to its operator only',
  'identity.token_index': 'finds the workspace of a token before it is known; holds hashes and ids only',
}
