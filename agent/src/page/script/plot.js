/* Plots: a stack of layers over an hour, with a cursor for pointer and keys, and the same as a table. An agent that is younger shows less. */
const WINDOWS = [4, 12, 20, 60];
class Plot {
  constructor(id, what, layers) {
    this.figure = by(id);
    this.what = what;
    this.layers = layers;
    this.at = null;
    this.title = make('b', {text: what});
    this.note = make('span', {class: 'dim'});
    this.figure.querySelector('figcaption').replaceChildren(this.title, this.note);
    this.svg = svg('svg', {viewBox: '0 0 1000 1000', preserveAspectRatio: 'none', 'aria-hidden': 'true'});
    this.cursor = make('div', {class: 'cursor', hidden: ''});
    this.tip = make('div', {class: 'tip', hidden: '', 'aria-hidden': 'true'});
    this.ticks = make('div', {'aria-hidden': 'true'});
    this.box = make('div', {class: 'plot', tabindex: '0', role: 'slider', 'aria-label': `Power of the last hour, ${what.toLowerCase()}: moment`, 'aria-valuemin': '0'}, this.svg, this.ticks, this.cursor, this.tip);
    this.body = make('tbody');
    this.head = make('tr');
    this.more = make('details', {}, make('summary', {text: 'As a table'}), make('div', {class: 'scroll'}, make('table', {}, make('caption', {class: 'unseen', text: `Power of the last hour, ${what.toLowerCase()}: means of five minutes`}), make('thead', {}, this.head), this.body)));
    this.figure.append(this.box, this.more);
    this.more.addEventListener('toggle', () => this.table());
    this.box.addEventListener('pointermove', event => this.point(event));
    this.box.addEventListener('pointerleave', () => this.leave());
    this.box.addEventListener('blur', () => this.leave());
    this.box.addEventListener('focus', () => { if (this.hour && this.box.matches(':focus-visible')) this.move(this.size - 1); });
    this.box.addEventListener('keydown', event => this.press(event));
  }

  show(hour) {
    this.hour = hour;
    const layers = this.layers(hour);
    const lists = Object.values(layers).map(one => one.list);
    const began = hour.guess.findIndex((_, place) => lists.some(list => list[place] !== null));
    this.minutes = WINDOWS.find(minutes => began < 0 || minutes * 60 / hour.step >= hour.size - began) || 60;
    this.size = Math.min(hour.size, Math.round(this.minutes * 60 / hour.step));
    this.series = Object.values(layers).map(one => ({...one, list: one.list.slice(-this.size)}));
    this.guess = hour.guess.slice(-this.size);
    this.total = this.guess.map((_, place) => {
      const values = this.series.map(one => one.list[place]).filter(value => value !== null);
      return values.length ? sum(values) : null;
    });
    const some = this.total.filter(value => value !== null);
    this.top = nice(Math.max(...some, 0));
    this.draw();
    this.axes();
    const words = some.length ? [`${watts(Math.min(...some))} to ${watts(Math.max(...some))}`] : [];
    if (this.guess.some(Boolean)) words.push('dashed above: estimated');
    set(this.note, words.join(', '));
    set(this.title, `${this.what}, last ${this.minutes === 60 ? 'hour' : `${this.minutes}\u00a0min`}`);
    this.box.setAttribute('aria-valuemax', this.size - 1);
    if (this.at !== null) this.move(this.at);
    else this.tell(this.size - 1);
    this.table();
  }

  draw() {
    const paths = [];
    for (const share of [0, 0.5, 1]) paths.push(svg('path', {class: 'grid', d: `M0 ${1000 * share}H1000`}));
    const base = Array(this.size).fill(0);
    for (const one of this.series) {
      const over = base.map((low, place) => low + (one.list[place] || 0));
      const area = svg('path', {d: this.area(base, over), stroke: 'var(--card)', 'stroke-width': '0.75'});
      area.style.fill = `var(--${one.colour})`;
      paths.push(area);
      over.forEach((value, place) => { base[place] = value; });
    }
    const guess = svg('path', {class: 'guess', d: this.runs(place => this.guess[place]).map(([from, to]) => `M${this.x(from)} -12H${this.x(to + 1)}`).join('')});
    paths.push(guess);
    this.svg.replaceChildren(...paths);
  }

  x(place) {
    return (1000 * place / this.size).toFixed(1);
  }

  y(value) {
    return (1000 - 1000 * value / this.top).toFixed(1);
  }

  /* The places from, to of each run in which it is so. */
  runs(isSo) {
    const found = [];
    for (let place = 0; place < this.size; place += 1) {
      if (!isSo(place)) continue;
      const last = found[found.length - 1];
      if (last && last[1] === place - 1) last[1] = place;
      else found.push([place, place]);
    }
    return found;
  }

  area(low, high) {
    return this.runs(place => this.total[place] !== null).map(([from, to]) => {
      const places = Array.from({length: to - from + 1}, (_, index) => from + index);
      const up = places.map(place => `${this.x(place + (place === to ? 1 : place === from ? 0 : 0.5))} ${this.y(high[place])}`);
      const down = places.reverse().map(place => `${this.x(place + (place === to ? 1 : place === from ? 0 : 0.5))} ${this.y(low[place])}`);
      if (from === to) {
        up.unshift(`${this.x(from)} ${this.y(high[from])}`);
        down.push(`${this.x(from)} ${this.y(low[from])}`);
      }
      return `M${up.join('L')}L${down.join('L')}Z`;
    }).join('');
  }

  axes() {
    const labels = [];
    for (const share of [0, 0.5, 1]) {
      const tick = make('span', {class: 'tick y', text: watts(this.top * share)});
      tick.style.top = `${100 - 100 * share}%`;
      labels.push(tick);
    }
    for (const quarter of [4, 3, 2, 1, 0]) {
      const ago = this.minutes * quarter / 4;
      const style = {4: 'first', 0: 'last', 1: 'minor', 3: 'minor'}[quarter] || '';
      const tick = make('span', {class: `tick x ${style}`, text: {4: `${ago} min ago`, 0: 'now'}[quarter] || `${ago}`});
      tick.style.left = `${100 - 25 * quarter}%`;
      labels.push(tick);
    }
    if (this.total.every(value => value === null)) labels.push(make('span', {class: 'nothing dim', text: 'Nothing yet: the first five seconds are not over'}));
    this.ticks.replaceChildren(...labels);
  }

  point(event) {
    if (!this.hour) return;
    const box = this.box.getBoundingClientRect();
    this.move(Math.floor(this.size * (event.clientX - box.left) / box.width));
  }

  press(event) {
    if (!this.hour) return;
    const last = this.size - 1;
    const at = this.at ?? last;
    const to = {ArrowLeft: at - 1, ArrowDown: at - 1, ArrowRight: at + 1, ArrowUp: at + 1, PageDown: at - 60, PageUp: at + 60, Home: this.total.findIndex(value => value !== null), End: last}[event.key];
    if (event.key === 'Escape') this.leave();
    if (to === undefined) return;
    event.preventDefault();
    this.move(to);
  }

  leave() {
    this.at = null;
    this.cursor.hidden = true;
    this.tip.hidden = true;
  }

  time(place) {
    return clock(this.hour.end - (this.size - 1 - place) * this.hour.step);
  }

  values(place) {
    return this.series.filter(one => one.list[place] > 0).reverse();
  }

  tell(place) {
    const total = this.total[place];
    const words = total === null ? 'nothing known' : [`${watts(total)}${this.guess[place] ? ' estimated' : ''}`, ...this.values(place).map(one => `${one.title} ${watts(one.list[place])}`)].join(', ');
    this.box.setAttribute('aria-valuenow', place);
    this.box.setAttribute('aria-valuetext', `${this.time(place)}: ${words}`);
  }

  move(place) {
    this.at = Math.min(this.size - 1, Math.max(0, place));
    const left = 100 * (this.at + 0.5) / this.size;
    const total = this.total[this.at];
    this.tell(this.at);
    const lines = total === null ? [] : this.values(this.at).map(one => make('div', {}, dot(one.colour), one.title, make('b', {text: watts(one.list[this.at])})));
    const guess = this.guess[this.at] ? [make('div', {}, make('span', {class: 'chip warn', text: 'estimated'}))] : [];
    this.tip.replaceChildren(make('div', {class: 'head'}, this.time(this.at), make('b', {text: total === null ? 'unknown' : watts(total)})), ...lines, ...guess);
    this.cursor.hidden = false;
    this.tip.hidden = false;
    this.cursor.style.left = `${left}%`;
    this.tip.style.left = left < 50 ? `calc(${left}% + .6rem)` : 'auto';
    this.tip.style.right = left < 50 ? 'auto' : `calc(${100 - left}% + .6rem)`;
  }

  table() {
    if (!this.hour || !this.more.open) return;
    const size = Math.round(300 / this.hour.step);
    replace(this.head, ['From', 'All', ...this.series.map(one => one.title)].map(title => make('th', {scope: 'col', class: title === 'From' ? '' : 'num', text: title})));
    const mean = list => {
      const values = list.filter(value => value !== null);
      return values.length ? watts(sum(values) / values.length) : '\u2013';
    };
    const lines = [];
    for (let end = this.size; end > 0; end -= size) {
      const from = Math.max(0, end - size);
      if (this.total.slice(from, end).every(value => value === null)) continue;
      lines.push(make('tr', {}, make('th', {scope: 'row', text: this.time(from - 1)}), ...[this.total, ...this.series.map(one => one.list)].map(list => make('td', {class: 'num', text: mean(list.slice(from, end))}))));
    }
    replace(this.body, lines);
  }
}
function hostLayers(hour) {
  const found = {};
  for (const name of Object.keys(PARTS)) if (hour.host[name]) found[name] = {title: PARTS[name], colour: name === 'other' ? 'rest' : name, list: hour.host[name]};
  return found;
}
function kindLayers(hour) {
  const found = {};
  for (const name of ORDER) if (hour.kinds[name]) found[name] = {title: KINDS[name], colour: name, list: hour.kinds[name]};
  return found;
}
const plots = [new Plot('plot-host', 'Host', hostLayers), new Plot('plot-kinds', 'By kind', kindLayers)];
