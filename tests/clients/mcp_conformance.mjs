// The MCP conformance suite against a build with the feature `test-fixtures`, in both revisions.
//
// The suite cannot send a token, so a proxy in front of the server adds one. What the suite sends in `Host`
// and `Origin` goes through as it is, unless it names the proxy, which the server knows nothing of.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { clientId, clientSecret, issuer } from './checks.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const suite = path.join(here, 'node_modules/@modelcontextprotocol/conformance/dist/index.js');
const server = new URL(issuer);

const answer = await fetch(`${issuer}/token`, {
  method: 'POST',
  headers: { authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}` },
  body: new URLSearchParams({ grant_type: 'client_credentials', resource: `${issuer}/mcp` }),
});
assert.equal(answer.status, 200);
const { access_token: accessToken } = await answer.json();

const proxy = http.createServer((request, response) => {
  const own = `127.0.0.1:${proxy.address().port}`;
  const headers = { ...request.headers, authorization: `Bearer ${accessToken}` };
  for (const name of ['host', 'origin']) {
    headers[name] = headers[name]?.replace(own, server.host).replace(own.replace('127.0.0.1', 'localhost'), server.host);
    if (headers[name] === undefined) {
      delete headers[name];
    }
  }
  const { method, url } = request;
  const onward = http.request(
    { host: server.hostname, port: server.port, path: url, method, headers },
    (incoming) => {
      response.writeHead(incoming.statusCode, incoming.headers);
      incoming.pipe(response);
    },
  );
  onward.on('error', () => response.destroy());
  response.on('close', () => onward.destroy());
  request.pipe(onward);
});
await new Promise((listening) => proxy.listen(0, '127.0.0.1', listening));

/** Runs what a revision requires; the suite itself ends with 0 when all is as the baseline has it. */
async function conforms(revision) {
  const results = await mkdtemp(path.join(tmpdir(), 'ambit-conformance-'));
  const baseline = path.join(here, `mcp_conformance_${revision}.yaml`);
  const options = ['--requirements', revision, '--expected-failures', baseline, '-o', results];
  const url = `http://127.0.0.1:${proxy.address().port}/mcp`;
  const child = spawn(process.execPath, [suite, 'server', '--url', url, ...options], { stdio: 'inherit' });
  const status = await new Promise((ended) => child.on('exit', ended));
  await rm(results, { recursive: true });
  assert.equal(status, 0, `the server does not conform to ${revision}`);
}

await conforms('2025-11-25');
await conforms('2026-07-28');
proxy.close();
