-- Who may create workspaces: those who run the installation; besides, whoever is more than a viewer somewhere; or everyone.
ALTER TABLE identity.installation ADD COLUMN workspace_creation text NOT NULL DEFAULT 'members'
  CHECK (workspace_creation IN ('operators', 'members', 'everyone'));
