// The whole story: an administrator signs in, registers a client, hands its secret over, watches what it does,
// tries what it may, stops it, sees why it is refused, and signs out; with a script and without, on a desk and
// on a phone.

import assert from 'node:assert/strict';
import { askForToken, call, issuer, open, phone, run, signIn, token } from './support.mjs';

const ACTION = 'release_oversight/list_releases';

await run({
  'with a script': (what) => work(what, { permissions: ['clipboard-read', 'clipboard-write'] }),
  'without a script, on a phone': (what) => work(what, { javaScriptEnabled: false, viewport: phone }),
});

async function work(what, options) {
  const { context, page, close } = await open(options);
  const scripted = options.javaScriptEnabled !== false;
  await page.goto(`${issuer}/admin/clients/new`);
  assert.match(page.url(), /\/admin\/sign_in\?next=/);
  await page.getByLabel('User name').fill('admin');
  await page.getByLabel('Password').fill('not the password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('The user name or the password is wrong.').waitFor();
  await signIn(page);
  // Back where the way began.
  await page.waitForURL(`${issuer}/admin/clients/new`);

  const name = `Agent ${what}`;
  const client = await handOver(page, name, scripted);
  const watched = await watch(context, client, scripted);
  await lookAround(page, name, client);
  await stop(page, client, watched);

  const erase = page.getByRole('button', { name: 'Delete' });
  if (scripted) assert.ok(await erase.isDisabled());
  await page.locator('#confirmation').fill(name);
  await erase.click();
  await page.getByText(`${name} is deleted.`).waitFor();
  assert.equal((await askForToken(client)).status, 401);

  if (options.viewport) await page.locator('.menu summary').click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForURL(`${issuer}/admin/sign_in`);
  await page.goBack();
  await page.getByRole('button', { name: 'Sign in' }).waitFor();
  assert.ok(!(await page.content()).includes('client_'), `${what}: back shows what was there`);
  await close();
}

/** Registers the client, and takes its secret from the page as a person would. */
async function handOver(page, name, scripted) {
  await page.locator('#client_name').fill(name);
  for (const scope of ['releases:read', 'warehouse:read']) {
    await page.locator(`input[value="${scope}"]`).check();
  }
  if (scripted) assert.equal(await page.locator('[data-count]').innerText(), '2 chosen');
  await page.getByRole('button', { name: 'Register the client' }).click();
  await page.getByText('Shown this once').waitFor();
  const here = page.url();
  const shown = async (id) => page.locator(`#${id}`).innerText();
  const client = { clientId: await shown('client_id'), clientSecret: await shown('client_secret') };
  const copy = page.getByRole('button', { name: 'Copy the secret' });
  if (scripted) {
    await copy.click();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    assert.equal(copied, client.clientSecret);
    client.clientSecret = copied;
  } else {
    assert.equal(await copy.count(), 0);
  }
  for (const [id, mark] of [['curl', 'curl -u'], ['python', 'requests'], ['typescript', 'fetch']]) {
    const lines = await shown(id);
    assert.ok(lines.includes(client.clientSecret) && lines.includes(mark), lines);
  }
  assert.ok((await shown('mcp')).includes(`${issuer}/mcp`));
  assert.equal((await askForToken(client)).status, 200);
  await page.goto(here);
  await page.getByText('The secret was shown already').waitFor();
  assert.ok(!(await page.content()).includes(client.clientSecret), 'the secret is shown again');
  return client;
}

/** What the client does arrives in the audit log while one looks; without a script, when one looks again. */
async function watch(context, client, scripted) {
  const page = await context.newPage();
  await page.goto(`${issuer}/admin/audit?client=${client.clientId}`);
  const rows = page.locator('#records tbody tr');
  const before = await rows.count();
  assert.ok(before > 0);
  if (scripted) await page.getByText('Live', { exact: true }).waitFor();
  let loads = 0;
  page.on('load', () => { loads += 1; });
  const bearer = await token(client);
  assert.equal((await call(ACTION, bearer)).status, 200);
  if (!scripted) await page.reload();
  await rows.nth(before + 1).waitFor();
  assert.equal(loads, scripted ? 0 : 1);
  const events = await rows.locator('[data-slot=event]').allInnerTexts();
  assert.deepEqual(events.slice(0, 2), ['action', 'token.issue']);
  assert.equal(await rows.locator('[data-slot=target]').first().innerText(), ACTION);
  if (scripted) {
    await page.getByRole('button', { name: 'Pause' }).click();
    await token(client);
    await page.getByRole('button', { name: 'Go on (1 new)' }).click();
    await rows.nth(before + 2).waitFor();
  }
  await page.close();
  return bearer;
}

/** Tries actions as the client, and runs a query of the semantic layer as it. */
async function lookAround(page, name, { clientId }) {
  const steps = page.locator('.steps li');
  const choose = async () => {
    await page.getByLabel('Act as').selectOption(clientId);
    await page.getByRole('button', { name: 'Run as this client' }).click();
    await page.getByRole('heading', { name: 'How it was decided' }).waitFor();
    return (await steps.locator('.badge').allInnerTexts()).join(', ');
  };
  await page.goto(`${issuer}/admin/actions`);
  await page.getByRole('link', { name: 'list_releases', exact: true }).click();
  await page.getByRole('link', { name: 'Try it', exact: true }).click();
  assert.equal(await choose(), Array(7).fill('Passed').join(', '));
  assert.match(await page.locator('#answer').innerText(), /"version": "\d/);
  assert.ok((await page.locator('#curl').innerText()).includes(`${issuer}/actions/${ACTION}`));
  await steps.last().getByRole('link').click();
  await page.getByRole('heading', { level: 1, name: 'action' }).waitFor();
  const facts = page.locator('.facts').first();
  assert.match(await facts.innerText(), new RegExp(`admin[^]*${name}`));

  // One that the client may not.
  await page.goto(`${issuer}/admin/actions/ticket_analysis/ticket_volume/try`);
  assert.match(await choose(), /^Passed, Passed, Refused, Not reached, Not reached, Not reached, Passed$/);
  await steps.filter({ hasText: 'The token does not hold that.' }).waitFor();

  await page.goto(`${issuer}/admin/semantic`);
  await page.getByRole('link', { name: 'Which releases are the biggest, with the most changes?' }).click();
  assert.equal(await choose(), Array(7).fill('Passed').join(', '));
  assert.ok(await page.locator('.answer tbody tr').count() > 0);
}

/** One click, and neither the secret nor a token from before is of use; the log says why. */
async function stop(page, client, bearer) {
  const address = `${issuer}/admin/clients/${client.clientId}`;
  assert.equal((await call(ACTION, bearer)).status, 200);
  await page.goto(address);
  await page.locator('td', { hasText: 'token.issue' }).first().waitFor();
  await page.getByRole('button', { name: 'Disable' }).click();
  await page.getByText('The client is disabled.').waitFor();
  assert.equal((await askForToken(client)).status, 401);
  assert.equal((await call(ACTION, bearer)).status, 401);

  await page.getByRole('link', { name: 'All in the audit log' }).click();
  await page.getByLabel('Decision').selectOption('denied');
  await page.getByRole('button', { name: 'Filter', exact: true }).click();
  await page.waitForURL(/decision=denied/);
  const reasons = await page.locator('[data-slot=reason]').allInnerTexts();
  for (const reason of ['client disabled', 'insufficient scope']) {
    assert.ok(reasons.includes(reason), reasons.join(', '));
  }
  await page.getByRole('link', { name: 'client disabled' }).first().click();
  await page.waitForURL(/reason=client/);
  const left = await page.locator('[data-slot=reason]').allInnerTexts();
  assert.ok(left.length > 0 && left.every((reason) => reason === 'client disabled'), left.join(', '));

  await page.goto(address);
  await page.getByRole('button', { name: 'Enable' }).click();
  await page.getByText('The client is enabled.').waitFor();
  assert.equal((await askForToken(client)).status, 200);
  assert.equal((await call(ACTION, bearer)).status, 401);
}
