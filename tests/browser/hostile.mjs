// Names and values that attack a page or burst it: inert wherever they show, and no page wider than its window.

import assert from 'node:assert/strict';
import { askForToken, call, isWithin, issuer, openSignedIn, phone, register, run, token } from './support.mjs';

const NAMES = [
  '<script>document.title = "owned"</script>',
  '"><img src=x onerror=document.title="owned">',
  "' onfocus=document.title='owned' autofocus tabindex=1 x='",
  '</textarea></select><svg onload=document.title="owned">',
  '{{ 7 * 7 }} ${7 * 7} {% raw %} &lt;b&gt;',
  '\u202Egnp.exe\u202C \u200F\u05E9\u05DC\u05D5\u05DD\u200F \u2066left\u2069',
  '𝕬\u0301\u0301\u0301 👩‍👩‍👧‍👦 名前 اسم',
  'unbroken'.repeat(25),
];
const WORD = 'x'.repeat(200);

await run({
  'on a desk': (what) => attack(what, {}),
  'on a phone': (what) => attack(what, { viewport: phone }),
  'without a script': (what) => attack(what, { viewport: phone, javaScriptEnabled: false }),
});

async function attack(what, options) {
  const { page, close } = await openSignedIn(options);
  const check = async (path) => {
    await page.goto(`${issuer}${path}`);
    await isInert(`${what}: ${path}`, page);
  };
  for (const name of NAMES) {
    const client = await register(page, name, ['releases:read', 'warehouse:read']);
    await isInert(`${what}: the secret of ${name}`, page);
    const shown = page.getByText(`To ${name}, by a way`);
    assert.equal(await shown.count(), 1, name);
    assert.equal((await askForToken(client)).status, 200);
    assert.equal((await call('release_oversight/list_releases', await token(client))).status, 200);
    for (const below of ['', '/edit']) await check(`/admin/clients/${client.clientId}${below}`);
    assert.equal(await page.locator('#client_name').inputValue(), name);
    await describe(page);
    await isInert(`${what}: described`, page);
    await check(`/admin/audit?client=${client.clientId}`);
    assert.ok((await page.locator('[data-slot=client]').allInnerTexts()).includes(name));
    await erase(page, client, name);
    await isInert(`${what}: erased`, page);
  }
  for (const name of NAMES) {
    const query = encodeURIComponent(name);
    await check(`/admin/clients?search=${query}&state=${query}&sort=${query}&scope=${query}&cursor=${query}`);
    assert.equal(await page.getByLabel('Search').inputValue(), name);
    await check(`/admin/audit?client=${query}&target=${query}&reason=${query}&request_id=${query}&period=${query}`);
    await check(`/admin/audit/verification?expect=${query}`);
    await check(`/admin/sign_in?next=${query}`);
    await check(`/admin/${query}`);
    await check(`/admin/actions/release_oversight/list_gates/try?client_id=${query}`);
  }
  await close();
}

/** Everything else that takes text. */
async function describe(page) {
  await page.locator('#description').fill(`${NAMES[0]} ${WORD}\n${NAMES[5]}`);
  const more = page.locator('.more');
  if (await more.getAttribute('open') === null) await more.locator('summary').click();
  await page.locator('#contacts').fill(WORD);
  await page.locator('#software_id').fill(`${NAMES[1]}`);
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('The settings are saved.').waitFor();
}

async function erase(page, { clientId }, name) {
  await page.goto(`${issuer}/admin/clients/${clientId}`);
  await page.locator('#confirmation').fill(name);
  await page.getByRole('button', { name: 'Delete' }).click();
  await page.getByText('is deleted.').waitFor();
}

async function isInert(what, page) {
  assert.notEqual(await page.title(), 'owned', what);
  const made = page.locator('main script, main img, main [onerror], main [onload], main [onfocus]');
  assert.equal(await made.count(), 0, what);
  await isWithin(what, page);
}
