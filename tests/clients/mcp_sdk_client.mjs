// The official TypeScript SDK of MCP in its first generation, npm's @modelcontextprotocol/sdk.

import { ClientCredentialsProvider } from '@modelcontextprotocol/sdk/client/auth-extensions.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { wholeDance } from './mcp_typescript.mjs';

await wholeDance({
  Client,
  Transport: StreamableHTTPClientTransport,
  Provider: ClientCredentialsProvider,
  callTool: (client, call, options) => client.callTool(call, undefined, options),
  revision: '2025-11-25',
});
