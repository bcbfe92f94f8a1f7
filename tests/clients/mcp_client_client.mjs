// The official TypeScript SDK of MCP in its second generation, npm's @modelcontextprotocol/client.

import {
  Client,
  ClientCredentialsProvider,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';
import { wholeDance } from './mcp_typescript.mjs';

for (const [mode, revision] of [
  ['legacy', '2025-11-25'],
  ['auto', '2026-07-28'],
]) {
  await wholeDance({
    Client,
    Transport: StreamableHTTPClientTransport,
    Provider: ClientCredentialsProvider,
    options: { versionNegotiation: { mode } },
    callTool: (client, call, options) => client.callTool(call, options),
    revision,
  });
}
