// What every Node client is told, and what it finds out in the end.

import assert from 'node:assert/strict';

function variable(name) {
  const value = process.env[name];
  assert.ok(value, `${name} is set`);
  return value;
}

export const issuer = variable('AMBIT_ISSUER');
export const clientId = variable('CLIENT_ID');
export const clientSecret = variable('CLIENT_SECRET');

/** Calls a path of the resource server with a bearer token. */
export function call(path, accessToken) {
  return fetch(`${issuer}${path}`, { headers: { authorization: `Bearer ${accessToken}` } });
}

/** Calls an endpoint that the scope covers, then one that it does not (RFC 6750, section 3). */
export async function scopeIsEnforced(accessToken) {
  const allowed = await call('/protected', accessToken);
  assert.equal(allowed.status, 200);
  assert.equal(typeof (await allowed.json()), 'object');

  const refused = await call('/highly_confidential', accessToken);
  assert.equal(refused.status, 403);
  const challenge = refused.headers.get('www-authenticate');
  assert.match(challenge, /^Bearer /);
  assert.match(challenge, /error="insufficient_scope"/);
  assert.match(challenge, /scope="highly_sensitive"/);
}

/** Calls with a token that is no longer good. */
export async function tokenIsRefused(accessToken) {
  const refused = await call('/protected', accessToken);
  assert.equal(refused.status, 401);
  assert.match(refused.headers.get('www-authenticate'), /error="invalid_token"/);
}
