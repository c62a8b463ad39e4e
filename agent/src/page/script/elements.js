/* Elements. Text is only ever text. */
const by = id => document.getElementById(id);
function set(node, text) {
  if (node.textContent !== text) node.textContent = text;
  return node;
}
function make(name, about, ...inside) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(about || {})) {
    if (key === 'text') node.textContent = value;
    else if (value !== null) node.setAttribute(key, value);
  }
  node.append(...inside);
  return node;
}
/* Whether it is another than when this was asked last: what did not change is not made anew. */
const seen = new Map();
function changed(name, value) {
  const text = JSON.stringify(value);
  const was = seen.get(name);
  seen.set(name, text);
  return text !== was;
}
function dot(colour) {
  const node = make('span', {class: 'dot', 'aria-hidden': 'true'});
  node.style.background = `var(--${colour})`;
  return node;
}
const svg = (name, about) => {
  const node = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(about)) node.setAttribute(key, value);
  return node;
};
