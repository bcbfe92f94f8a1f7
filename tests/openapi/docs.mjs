// A developer at /docs: gets a token with client credentials, tries an action, and reads the answer, on
// a desk and on a phone, by day and by night.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

function variable(name) {
  const value = process.env[name];
  assert.ok(value, `${name} is set`);
  return value;
}

const issuer = variable('AMBIT_ISSUER');
const clientId = variable('CLIENT_ID');
const clientSecret = variable('CLIENT_SECRET');
const scope = variable('AMBIT_SCOPE');
const operation = variable('AMBIT_OPERATION');
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const browser = await chromium.launch({ executablePath: variable('AMBIT_TEST_BROWSER') });
try {
  for (const viewport of [{ width: 1280, height: 900 }, { width: 360, height: 740 }]) {
    for (const colorScheme of ['light', 'dark']) {
      const what = `${viewport.width} pixels wide, ${colorScheme}`;
      await visit(what, { viewport, colorScheme });
      console.log(`${what}: good`);
    }
  }
} finally {
  await browser.close();
}

/** Opens the page, uses it, and demands that nothing went wrong on the way. */
async function visit(what, options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const complaints = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (origin !== issuer && protocol !== 'data:') complaints.push(`asked for ${request.url()}`);
  });
  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) => {
      console.error(`against the policy: ${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  await page.goto(`${issuer}/docs`);
  await page.locator('.opblock').first().waitFor();
  const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const [red] = background.match(/\d+/g).map(Number);
  assert.equal(red < 128, options.colorScheme === 'dark', `${what}: ${background}`);
  await fitsItsWindow(what, page);
  await looksLikeOnePage(what, page);
  await isNotTriedHere(what, page);

  await authorize(page);
  await tryOperation(what, page);
  await fitsItsWindow(what, page);
  await isAccessible(what, page);
  assert.deepEqual(complaints, [], what);
  await context.close();
}

async function authorize(page) {
  await page.locator('.auth-wrapper > .btn.authorize').first().click();
  const form = page.locator('.auth-container', { has: page.locator('#client_id_clientCredentials') });
  await form.locator('#client_id_clientCredentials').fill(clientId);
  await form.locator('#client_secret_clientCredentials').fill(clientSecret);
  await form.locator(`label[for^="${scope}-"]`).first().click();
  const granted = page.waitForResponse(`${issuer}/token`);
  await form.locator('.btn.authorize').click();
  assert.equal((await granted).status(), 200);
  await page.locator('.dialog-ux').getByRole('button', { name: 'Remove authorization' }).waitFor();
  await page.locator('.dialog-ux .close-modal').click();
}

async function tryOperation(what, page) {
  const block = page.locator(`.opblock[id$="-${operation}"]`);
  await block.locator('.opblock-summary-control').click();
  await block.locator('td.parameters-col_description').first().waitFor();
  const shares = await block.locator('td.parameters-col_description').evaluateAll((cells) => (
    cells.map((cell) => cell.clientWidth / cell.closest('.opblock').clientWidth)
  ));
  assert.ok(shares.every((share) => share > 0.6), `${what}: ${shares} of the width for descriptions`);
  const answered = page.waitForResponse((response) => response.url().includes(`/${operation}`));
  await block.locator('.btn.execute').click();
  const answer = await answered;
  assert.equal(answer.status(), 200, what);
  assert.match(answer.request().headers().authorization, /^Bearer /);
  const live = block.locator('.live-responses-table .response').first();
  assert.match(await live.locator('.response-col_status').innerText(), /^200/);
  const shown = await live.locator('pre').first().innerText();
  assert.deepEqual(JSON.parse(shown), await answer.json(), what);
}

/** Nothing is to be read by scrolling sideways. */
async function fitsItsWindow(what, page) {
  const [wide, room] = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return [scrollWidth, clientWidth];
  });
  assert.ok(wide <= room, `${what}: ${wide} pixels in ${room}`);
}

/** Nothing is said twice, no panel stands out, and the heads of the sections have room. */
async function looksLikeOnePage(what, page) {
  for (const twice of ['.info .main', '.schemes-server-container']) {
    assert.equal(await page.locator(`.swagger-ui ${twice}`).isVisible(), false, `${what}: ${twice}`);
  }
  const backgrounds = await page.evaluate(() => ['.swagger-ui', '.scheme-container'].map((part) => (
    getComputedStyle(document.querySelector(part)).backgroundColor
  )));
  assert.deepEqual(backgrounds, Array(2).fill('rgba(0, 0, 0, 0)'), what);
  const shares = await page.locator('.opblock-tag').evaluateAll((heads) => heads.map((head) => (
    head.querySelector('small').clientWidth / head.clientWidth
  )));
  assert.ok(shares.length > 0 && shares.every((share) => share > 0.5), `${what}: ${shares}`);
}

/** The form that gets a token cannot ask for one that is for `/mcp`. */
async function isNotTriedHere(what, page) {
  const block = page.locator('.opblock[id$="-mcp"]');
  await block.locator('.opblock-summary-control').click();
  await block.locator('.responses-wrapper').waitFor();
  assert.equal(await block.locator('.try-out, .btn.execute').count(), 0, what);
  const required = block.locator('.parameter__name.required').first();
  assert.ok(await contrast(required) >= 4.5, `${what}: a word is too faint`);
  await block.locator('.opblock-summary-control').click();
}

/** Of the word that stands behind an element, against what lies under it (WCAG 2.1, 1.4.3). */
function contrast(locator) {
  return locator.evaluate((element) => {
    const read = (color) => {
      const [red, green, blue, alpha = 1] = color.match(/[\d.]+/g).map(Number);
      return { channels: [red, green, blue], alpha };
    };
    const over = ({ channels, alpha }, under) => (
      channels.map((channel, index) => channel * alpha + under[index] * (1 - alpha))
    );
    const luminance = (channels) => {
      const [red, green, blue] = channels.map((channel) => channel / 255).map((share) => (
        share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
      ));
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      layers.unshift(read(getComputedStyle(at).backgroundColor));
    }
    const ground = layers.reduce((under, layer) => over(layer, under), [255, 255, 255]);
    const word = over(read(getComputedStyle(element, '::after').color), ground);
    const [darker, brighter] = [word, ground].map(luminance).sort((one, other) => one - other);
    return (brighter + 0.05) / (darker + 0.05);
  });
}

async function isAccessible(what, page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'],
    // Swagger UI's own markup, which no style can mend: copying has a button without a name, lists of
    // choices stand beside their label, and a heading that opens has buttons in it.
    rules: Object.fromEntries(
      ['button-name', 'nested-interactive', 'scrollable-region-focusable', 'select-name']
        .map((rule) => [rule, { enabled: false }]),
    ),
  }));
  const found = violations.map(({ id, nodes }) => (
    `${id}: ${nodes.length}, such as ${nodes[0].html.slice(0, 160)} ${nodes[0].failureSummary}`
  ));
  assert.deepEqual(found, [], what);
}
