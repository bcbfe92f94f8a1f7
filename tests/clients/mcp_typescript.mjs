// What the two generations of the official TypeScript SDK have in common: told an address and its
// credentials, a client finds its way from the 401 to the metadata, the token and the tools.

import assert from 'node:assert/strict';
import { clientId, clientSecret, issuer } from './checks.mjs';

const address = new URL(`${issuer}/mcp`);

/** Does everything that a client does with the tools of a build with the feature `test-fixtures`. */
export async function wholeDance({ Client, Transport, Provider, options, callTool, revision }) {
  const visited = [];
  const watched = async (url, init) => {
    const response = await fetch(url, init);
    visited.push([new URL(url).pathname, response.status]);
    return response;
  };
  const authProvider = new Provider({ clientId, clientSecret, expectedIssuer: issuer });
  const transport = new Transport(address, { authProvider, fetch: watched });
  const client = new Client({ name: 'ambit-test', version: '1.0.0' }, options);
  await client.connect(transport);
  assert.equal(client.getServerVersion().name, 'ambit');
  assert.equal(transport.protocolVersion, revision);

  const { tools } = await client.listTools();
  const echo = tools.find((tool) => tool.name === 'echo');
  assert.equal(echo.annotations.readOnlyHint, true);

  // The SDK checks structured content against the tool's output schema by itself.
  const answer = await callTool(client, { name: 'echo', arguments: { text: 'hello', times: 2 } });
  assert.deepEqual(answer.structuredContent, { texts: ['hello', 'hello'] });
  assert.deepEqual(JSON.parse(answer.content[0].text), answer.structuredContent);

  const refused = await callTool(client, { name: 'echo', arguments: { text: 'hello', times: 0 } });
  assert.equal(refused.isError, true);
  assert.match(refused.content[0].text, /times/);

  const reports = [];
  const slow = { name: 'slow_with_progress', arguments: { steps: 3, pause: 20 } };
  const onprogress = (report) => reports.push(report.message);
  const slowAnswer = await callTool(client, slow, { onprogress });
  assert.deepEqual(slowAnswer.structuredContent, { text: '3' });
  assert.deepEqual(reports, ['step 1', 'step 2', 'step 3']);

  // Longer than the server keeps silent, so that the answer comes as a stream of events.
  const late = await callTool(client, { name: 'slow_with_progress', arguments: { steps: 1, pause: 1500 } });
  assert.deepEqual(late.structuredContent, { text: '1' });

  await assert.rejects(callTool(client, { name: 'no_such_tool', arguments: {} }), { code: -32602 });

  const controller = new AbortController();
  const hanging = callTool(client, { name: 'hang', arguments: {} }, { signal: controller.signal });
  setTimeout(() => controller.abort('enough'), 300);
  await assert.rejects(hanging);
  await client.close();

  assert.deepEqual(visited[0], ['/mcp', 401]);
  const paths = visited.map(([path]) => path);
  for (const path of [
    '/.well-known/oauth-protected-resource/mcp',
    '/.well-known/oauth-authorization-server',
    '/token',
  ]) {
    assert.ok(paths.includes(path), `${path} is among ${paths}`);
  }
  assert.equal((await authProvider.tokens()).scope, 'fixtures:call');
}
