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
