/** What tests and benches stand on: a real server on a database of its own, and providers that fail on request. */
export { createClient, type Reply, type StreamedEvent, type TestClient } from './client.ts'
export { startConversation, textOfEvents, type TestConversation } from './conversation.ts'
export { openCluster, type TestCluster } from './global-setup.ts'
export { startTestServer, type Person, type TestServer, type TestServerOptions } from './server.ts'
export { recountUsage, type RecountedUsage } from './usage.ts'
