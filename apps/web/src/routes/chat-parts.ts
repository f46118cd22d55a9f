/** What the first screen of the app needs of the chat, in one file. */
export { ChatScreen } from '../features/chat/ChatScreen.tsx'
export { ConversationList } from '../features/chat/ConversationList.tsx'
export { Realtime } from '../features/realtime/Realtime.tsx'
