// What is nicer with a script. Every page works without it.

for (const button of document.querySelectorAll('[data-copy], [data-copy-from]')) {
  if (!navigator.clipboard) break;
  button.hidden = false;
  const use = button.querySelector('use');
  const label = button.getAttribute('aria-label');
  button.addEventListener('click', async () => {
    const from = button.dataset.copyFrom;
    const text = from ? document.getElementById(from).textContent : button.dataset.copy;
    await navigator.clipboard.writeText(text);
    use?.setAttribute('href', '#check');
    button.classList.add('done');
    button.setAttribute('aria-label', 'Copied');
    setTimeout(() => {
      use?.setAttribute('href', '#copy');
      button.classList.remove('done');
      if (label) button.setAttribute('aria-label', label);
      else button.removeAttribute('aria-label');
    }, 1600);
  });
}

// A choice in a list filters at once.
for (const select of document.querySelectorAll('select[data-submit]')) {
  select.addEventListener('change', () => select.form.requestSubmit());
}

// What cannot be undone waits for the name to be typed.
for (const input of document.querySelectorAll('input[data-confirm]')) {
  const button = input.form.querySelector('button');
  const look = () => { button.disabled = input.value.trim() !== input.dataset.confirm; };
  input.addEventListener('input', look);
  look();
}

// A list of scopes says how many are chosen.
for (const picker of document.querySelectorAll('[data-picker]')) {
  const count = picker.querySelector('[data-count]');
  const look = () => {
    const chosen = picker.querySelectorAll('input[type=checkbox]:checked').length;
    count.textContent = chosen === 0 ? 'None chosen' : `${chosen} chosen`;
  };
  picker.addEventListener('change', look);
  look();
}

// The menu closes when something else is pressed.
const menu = document.querySelector('.menu');
document.addEventListener('click', (event) => {
  if (menu?.open && !menu.contains(event.target)) menu.open = false;
});
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && menu?.open) {
    menu.open = false;
    menu.querySelector('summary').focus();
  }
});

// The audit log shows what is written while one looks at it.
const live = document.querySelector('[data-live]');
if (live && globalThis.EventSource) {
  const mostRows = 200;
  const state = live.querySelector('[data-live-state]');
  const pause = live.querySelector('[data-live-pause]');
  const table = document.getElementById('records');
  const body = table.querySelector('tbody');
  const blank = document.getElementById('record');
  let waiting = null;
  const say = (tone, text) => {
    state.className = `badge ${tone}`;
    if (state.textContent !== text) state.textContent = text;
  };
  const show = (record) => {
    const row = blank.content.firstElementChild.cloneNode(true);
    const slot = (name) => row.querySelector(`[data-slot=${name}]`);
    const write = (name, text) => { slot(name).textContent = text; };
    for (const name of ['seq', 'event', 'target', 'decision', 'reason', 'who', 'client']) write(name, record[name]);
    slot('seq').href = `/admin/audit/${record.seq}`;
    if (record.reason) slot('reason').href = `/admin/audit?reason=${encodeURIComponent(record.reason)}`;
    slot('decision').className = `badge ${record.tone}`;
    if (record.who && record.client) write('who', `${record.who} · `);
    if (record.client_id) slot('client').href = `/admin/clients/${encodeURIComponent(record.client_id)}`;
    const time = slot('at');
    time.textContent = record.exact.slice(11, 19);
    time.title = record.exact;
    time.dateTime = record.iso;
    const request = slot('request');
    request.textContent = `…${record.short}`;
    request.title = record.request_id;
    request.href = `/admin/audit?request_id=${encodeURIComponent(record.request_id)}`;
    row.classList.add('fresh');
    body.prepend(row);
    while (body.rows.length > mostRows) body.lastElementChild.remove();
    table.hidden = false;
    document.getElementById('no-records')?.remove();
  };
  const source = new EventSource(live.dataset.live);
  const isLive = () => { if (!waiting) say('good', 'Live'); };
  source.addEventListener('open', isLive);
  source.addEventListener('record', (event) => {
    const record = JSON.parse(event.data);
    if (!waiting) return show(record);
    waiting.push(record);
    if (waiting.length > mostRows) waiting.shift();
    pause.textContent = `Go on (${waiting.length} new)`;
  });
  source.addEventListener('missed', () => say('warn', 'Some were left out: reload the page'));
  const end = (text) => {
    source.close();
    pause.hidden = true;
    say('bad', text);
  };
  source.addEventListener('ended', () => end('Ended: sign in again'));
  source.addEventListener('error', () => {
    if (source.readyState === EventSource.CLOSED) end('Ended: reload the page');
    else if (!waiting) say('warn', 'Connecting');
  });
  pause.addEventListener('click', () => {
    if (waiting) {
      const records = waiting;
      waiting = null;
      pause.textContent = 'Pause';
      for (const record of records) show(record);
      isLive();
    } else {
      waiting = [];
      pause.textContent = 'Go on';
      say('', 'Paused');
    }
  });
  live.hidden = false;
}

// What is to be kept is printed.
for (const button of document.querySelectorAll('[data-print]')) {
  button.hidden = false;
  button.addEventListener('click', () => window.print());
}

// A passkey is asked for: the server says for what, the browser answers, and the form takes the answer
// along.
for (const form of document.querySelectorAll('form[data-passkey]')) {
  const button = form.querySelector('[data-passkey-button]');
  const told = form.querySelector('[data-passkey-told]');
  const makes = 'passkeyNew' in form.dataset;
  const tell = (text) => {
    told.querySelector('span').textContent = text;
    told.hidden = text === '';
  };
  const old = 'Your browser is too old for passkeys here.';
  button.hidden = false;
  if (!globalThis.PublicKeyCredential?.parseCreationOptionsFromJSON) {
    button.disabled = true;
    tell(old);
    continue;
  }
  const ask = async () => {
    const body = new URLSearchParams(new FormData(form));
    const answer = await fetch(form.dataset.passkey, { method: 'POST', body });
    const isJson = (answer.headers.get('content-type') ?? '').startsWith('application/json');
    // Another page instead of an answer: the session has ended, or the server has something to say.
    if (!isJson) return location.reload();
    const { mistake, publicKey } = await answer.json();
    if (mistake) return tell(mistake);
    const credential = makes
      ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey) })
      : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) });
    form.elements.credential.value = JSON.stringify(credential.toJSON());
    if (form.elements.current) form.elements.current.value = '';
    form.submit();
  };
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    button.disabled = true;
    tell('');
    try {
      await ask();
    } catch (error) {
      const known = error.name === 'InvalidStateError'
        ? 'This device has a passkey for your account already.'
        : 'Your browser did not give a passkey. Try again, or use another way.';
      tell(known);
    }
    button.disabled = false;
  });
}
