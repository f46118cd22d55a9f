CREATE INDEX conversations_deleted_list ON chat.conversations (workspace_id, owner_id, pinned DESC, updated_at DESC, id DESC)
  WHERE deleted_at IS NOT NULL;
