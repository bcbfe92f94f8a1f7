// What each role sees and may do: links that lead nowhere for it are not there, and the addresses behind them
// are refused all the same.

import assert from 'node:assert/strict';
import { issuer, makeAdministrator, openSignedIn, phone, register, run } from './support.mjs';

const ALL = ['Overview', 'Clients', 'Actions', 'Semantic layer', 'Audit', 'Scopes', 'Keys', 'Administrators', 'Settings'];
const READS = ALL.filter((section) => !['Administrators', 'Settings'].includes(section));
const TRY = '/admin/actions/release_oversight/list_releases/try';

await run({ owner, 'client manager': clientManager, auditor });

async function owner() {
  const account = await makeAdministrator('olga', 'owner');
  const { page, close } = await openSignedIn({}, account);
  assert.deepEqual(await sections(page), ALL);
  await client(page);
  await page.goto(`${issuer}/admin/scopes`);
  await page.getByRole('heading', { name: 'Add a scope' }).waitFor();
  await page.goto(`${issuer}/admin/keys`);
  await page.getByRole('button', { name: 'Rotate' }).waitFor();
  await page.goto(`${issuer}/admin/administrators`);
  await page.getByRole('link', { name: 'New administrator' }).click();
  // Whoever chooses no role gives the least.
  assert.ok(await page.getByLabel('Auditor').isChecked());
  await close();
}

async function clientManager() {
  const account = await makeAdministrator('mona', 'client_manager');
  const { page, close } = await openSignedIn({ viewport: phone }, account);
  assert.deepEqual(await sections(page), READS);
  await client(page);
  await page.goto(`${issuer}${TRY}`);
  await page.getByRole('button', { name: 'Run as this client' }).waitFor();
  await lacks(page, '/admin/scopes', ['Add a scope', 'Remove']);
  await lacks(page, '/admin/keys', ['Rotate', 'Withdraw']);
  await refused(page, ['/admin/administrators', '/admin/administrators/new', '/admin/administrators/admin/edit',
    '/admin/settings']);
  await refusedForms(page, ['/admin/keys/rotate', '/admin/scopes', '/admin/administrators/new']);
  await close();
}

async function auditor() {
  const account = await makeAdministrator('aziz', 'auditor');
  const { page, close } = await openSignedIn({}, account);
  const shown = await sections(page);
  for (const section of READS) assert.ok(shown.includes(section), section);
  await lacks(page, '/admin', ['New client']);
  await lacks(page, '/admin/clients', ['New client']);
  await page.goto(`${issuer}/admin/clients?search=There`);
  await page.locator('a.name').first().click();
  await page.getByRole('heading', { name: 'Secrets' }).waitFor();
  const address = new URL(page.url()).pathname;
  await lacks(page, address, ['Edit settings', 'Disable', 'Add a secret', 'Danger zone', 'Delete']);
  await lacks(page, '/admin/actions/release_oversight/list_releases', ['Try it', 'Try this']);
  await lacks(page, '/admin/scopes', ['Add a scope', 'Remove']);
  await lacks(page, '/admin/keys', ['Rotate', 'Withdraw']);
  await page.goto(`${issuer}/admin/audit`);
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'CSV' }).click();
  assert.match((await download).suggestedFilename(), /^audit-.*\.csv$/);
  await refused(page, ['/admin/clients/new', `${address}/edit`, `${address}/secret`, TRY,
    '/admin/administrators/new']);
  await refusedForms(page, ['/admin/clients/new', `${address}/disable`, `${address}/delete`, TRY,
    '/admin/keys/rotate', '/admin/scopes', '/admin/administrators/new']);
  await page.goto(`${issuer}${address}`);
  await page.getByText('Enabled', { exact: true }).waitFor();
  await close();
}

async function sections(page) {
  const links = page.locator('.side .nav-list').first().locator('a');
  const names = await links.evaluateAll((all) => all.map((link) => link.textContent.trim()));
  return names;
}

/** May register a client and stop it. */
async function client(page) {
  const { clientId } = await register(page, 'Made by a role', ['protected']);
  await page.goto(`${issuer}/admin/clients/${clientId}`);
  await page.getByRole('button', { name: 'Disable' }).click();
  await page.getByText('The client is disabled.').waitFor();
}

/** A page that is shown, without what its reader may not do. */
async function lacks(page, path, names) {
  const answer = await page.goto(`${issuer}${path}`);
  assert.equal(answer.status(), 200, path);
  for (const name of names) {
    for (const role of ['link', 'button', 'heading']) {
      const found = page.locator('main').getByRole(role, { name, exact: true });
      assert.equal(await found.count(), 0, `${name} on ${path}`);
    }
  }
}

async function refused(page, paths) {
  for (const path of paths) {
    const answer = await page.goto(`${issuer}${path}`);
    assert.equal(answer.status(), 403, path);
    await page.getByText(/The role \w+ does not permit this\./).waitFor();
    // The way back is there.
    await page.getByRole('link', { name: 'Back to the start' }).waitFor();
  }
}

/** Forms that nobody offered, sent from the administrator's own page with its own token. */
async function refusedForms(page, paths) {
  for (const path of paths) {
    await page.goto(`${issuer}/admin/sessions`);
    const answered = page.waitForResponse((response) => response.url() === `${issuer}${path}`);
    await page.evaluate((action) => {
      const form = document.querySelector('form[action="/admin/theme"]');
      form.action = action;
      form.requestSubmit();
    }, path);
    assert.equal((await answered).status(), 403, path);
    await page.getByText(/The role \w+ does not permit this\./).waitFor();
  }
}
