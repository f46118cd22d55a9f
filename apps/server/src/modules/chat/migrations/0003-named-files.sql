-- Finds the messages that name a file: when the last of them is gone, so is the need for the file. Few messages name any.
CREATE INDEX messages_files ON chat.messages
  USING gin ((jsonb_path_query_array(content, '$[*] ? (@.type == "file").fileId')))
  WHERE content @? '$[*] ? (@.type == "file")';
