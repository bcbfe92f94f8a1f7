// openid-client: discovery (RFC 8414), client credentials, introspection, revocation.

import assert from 'node:assert/strict';
import * as client from 'openid-client';
import { clientId, clientSecret, issuer, scopeIsEnforced, tokenIsRefused } from './checks.mjs';

for (const authentication of [client.ClientSecretBasic, client.ClientSecretPost]) {
  const configuration = await client.discovery(
    new URL(issuer),
    clientId,
    undefined,
    authentication(clientSecret),
    { algorithm: 'oauth2', execute: [client.allowInsecureRequests] },
  );
  const server = configuration.serverMetadata();
  assert.equal(server.issuer, issuer);
  assert.equal(server.supportsPKCE(), server.code_challenge_methods_supported !== undefined);
  for (const endpoint of ['token_endpoint', 'introspection_endpoint', 'revocation_endpoint']) {
    assert.ok(server[`${endpoint}_auth_methods_supported`].includes('client_secret_basic'));
    assert.ok(server[`${endpoint}_auth_methods_supported`].includes('client_secret_post'));
  }

  const token = await client.clientCredentialsGrant(configuration, { scope: 'protected' });
  assert.equal(token.token_type, 'bearer');
  assert.equal(token.scope, 'protected');
  assert.ok(token.expiresIn() > 0);
  await scopeIsEnforced(token.access_token);

  const resource = `${issuer}/mcp`;
  const narrowed = await client.clientCredentialsGrant(configuration, {
    scope: 'protected',
    resource,
  });
  const elsewhere = await client.tokenIntrospection(configuration, narrowed.access_token);
  assert.equal(elsewhere.active, true);
  assert.equal(elsewhere.aud, resource);

  const active = await client.tokenIntrospection(configuration, token.access_token, {
    token_type_hint: 'access_token',
  });
  assert.equal(active.active, true);
  assert.equal(active.client_id, clientId);
  assert.equal(active.sub, clientId);
  assert.equal(active.scope, 'protected');
  assert.equal(active.iss, issuer);
  assert.equal(active.aud, issuer);

  await client.tokenRevocation(configuration, token.access_token);
  assert.deepEqual(
    { ...(await client.tokenIntrospection(configuration, token.access_token)) },
    { active: false },
  );
  await tokenIsRefused(token.access_token);

  await assert.rejects(
    client.clientCredentialsGrant(configuration, { scope: 'highly_sensitive' }),
    { name: 'ResponseBodyError', error: 'invalid_scope', status: 400 },
  );
  await assert.rejects(
    client.clientCredentialsGrant(configuration, { resource: 'https://elsewhere.example/' }),
    { name: 'ResponseBodyError', error: 'invalid_target', status: 400 },
  );
}
