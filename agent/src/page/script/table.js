/* The table. A row is made once for each workload and then kept true. */
const FIRST_ROWS = 25;
const COLUMNS = [
  {key: 'name', title: 'Name', of: row => row.name.toLowerCase()},
  {key: 'kind', title: 'Kind', of: row => ORDER.length - ORDER.indexOf(row.kind)},
  {key: 'power', title: 'Power', number: true, of: row => row.watts ?? -1},
  {key: 'share', title: 'Share'},
  {key: 'cpu', title: 'CPUs', number: true, of: row => row.cpus ?? -1},
  {key: 'memory', title: 'Memory', number: true, of: row => row.memory ?? -1},
  {key: 'energy', title: 'Energy', number: true, of: row => row.joules},
  {key: 'carbon', title: 'CO\u2082', number: true, of: row => row.grams ?? -1},
];
const FACTS = {runtime: 'Runtime', platform: 'Platform', uuid: 'UUID', vm_id: 'VM number', vm_name: 'VM name', namespace: 'Namespace', pod: 'Pod', container: 'Container', image: 'Image', project: 'Project', flavor: 'Flavour', user: 'User', group: 'Group', tenant: 'Tenant', job_id: 'Job', slice: 'Slice', inner: 'Inside', outer: 'Around it'};
const lines = new Map();
function key(row) {
  return `${row.kind} ${row.id}`;
}
function rows(report) {
  const before = new Map();
  const elapsed = known.before && known.before.version === report.version ? report.time_epoch_seconds - known.before.time_epoch_seconds : 0;
  if (elapsed > 0) for (const one of known.before.workloads) before.set(key(one), one.cpu_seconds);
  return report.workloads.map(one => {
    const used = before.has(key(one)) ? one.cpu_seconds - before.get(key(one)) : null;
    const memory = one.memory_bytes ? one.memory_bytes.working_set ?? one.memory_bytes.anonymous : null;
    return {
      id: one.id, kind: one.kind, name: one.name, alive: one.alive, one,
      watts: one.power_watts ?? null,
      cpus: used !== null && used >= 0 ? used / elapsed : null,
      memory: memory ?? null,
      joules: sum(Object.values(one.energy_joules)),
      grams: one.carbon_grams ?? null,
    };
  });
}
function matches(row, words) {
  const text = [row.name, row.kind, KINDS[row.kind], row.id, ...Object.keys(FACTS).map(fact => row.one[fact] || '')].join(' ').toLowerCase();
  return words.every(word => text.includes(word));
}
function sorted(list) {
  const column = COLUMNS.find(one => one.key === view.sort);
  const sign = view.down ? -1 : 1;
  const tied = (one, two) => one.name < two.name ? -1 : one.name > two.name ? 1 : key(one) < key(two) ? -1 : 1;
  return list.sort((one, two) => {
    const [left, right] = [column.of(one), column.of(two)];
    return left < right ? -sign : left > right ? sign : tied(one, two);
  });
}
function showHead(report) {
  const row = by('table').tHead.rows[0];
  const columns = COLUMNS.filter(column => column.key !== 'carbon' || report.carbon);
  if (row.cells.length !== columns.length) {
    replace(row, columns.map(column => {
      const head = make('th', {scope: 'col', class: `c-${column.key}${column.number ? ' num' : ''}`, 'data-key': column.key});
      if (!column.of) {
        head.append(make('span', {text: column.title}));
        return head;
      }
      const button = make('button', {type: 'button', text: column.title});
      button.addEventListener('click', () => {
        view.down = view.sort === column.key ? !view.down : Boolean(column.number);
        view.sort = column.key;
        showTable(known.report);
      });
      head.append(button);
      return head;
    }));
  }
  for (const head of row.cells) {
    if (head.dataset.key !== view.sort) head.removeAttribute('aria-sort');
    else head.setAttribute('aria-sort', view.down ? 'descending' : 'ascending');
  }
  return columns;
}
function line(row) {
  const label = () => [dot(row.kind), KINDS[row.kind] || row.kind];
  const facts = make('dl', {class: 'facts'});
  const more = make('details', {}, make('summary', {}), facts);
  const lineOf = {row, name: more.firstChild, facts, cells: {}, fill: make('i')};
  more.addEventListener('toggle', () => { if (more.open) fill(lineOf); });
  lineOf.fill.style.background = `var(--${row.kind})`;
  const head = make('th', {scope: 'row', class: 'name'}, more, make('span', {class: 'kind kind2', 'aria-hidden': 'true'}, ...label()));
  lineOf.tr = make('tr', {}, head, make('td', {class: 'c-kind'}, make('span', {class: 'kind'}, ...label())));
  for (const column of COLUMNS.slice(2)) {
    const cell = make('td', {class: `c-${column.key}${column.number ? ' num' : ''}`});
    if (column.key === 'share') cell.append(make('span', {class: 'meter', 'aria-hidden': 'true'}, lineOf.fill), make('span', {class: 'percent'}));
    lineOf.cells[column.key] = cell;
    lineOf.tr.append(cell);
  }
  return lineOf;
}
function fill(lineOf) {
  const pairs = [['Id', lineOf.row.id], ...Object.entries(FACTS).map(([name, title]) => [title, lineOf.row.one[name]])];
  const traffic = lineOf.row.one.network_bytes;
  if (traffic) pairs.push(['Network', `${bytes(traffic.receive)} in, ${bytes(traffic.transmit)} out`]);
  replace(lineOf.facts, pairs.filter(([, value]) => value).flatMap(([title, value]) => [make('dt', {text: title}), make('dd', {text: value})]));
}
function update(lineOf, row, [total, most], carbon) {
  lineOf.row = row;
  set(lineOf.name, row.alive ? row.name : `${row.name} (ended)`);
  lineOf.tr.classList.toggle('gone', !row.alive);
  const [share, length] = total > 0 && row.watts !== null ? [100 * row.watts / total, 100 * row.watts / most] : [0, 0];
  const cells = lineOf.cells;
  set(cells.power, watts(row.watts));
  lineOf.fill.style.width = `${length.toFixed(2)}%`;
  set(cells.share.lastChild, `${share.toFixed(1)}\u00a0%`);
  set(cells.cpu, cores(row.cpus));
  set(cells.memory, row.memory === null ? '\u2013' : bytes(row.memory));
  set(cells.energy, energy(row.joules));
  set(cells.carbon, grams(row.grams));
  cells.carbon.hidden = !carbon;
}
function showTable(report) {
  const columns = showHead(report);
  const everyone = rows(report);
  const all = everyone.map(row => row.watts || 0);
  const total = sum(all);
  const most = all.reduce((one, two) => Math.max(one, two), 0);
  const words = view.filter.toLowerCase().split(/\s+/).filter(Boolean);
  const found = sorted(everyone.filter(row => matches(row, words)));
  const shown = view.all ? found : found.slice(0, FIRST_ROWS);
  const body = by('table').tBodies[0];
  const wanted = shown.map(row => {
    const lineOf = lines.get(key(row)) || line(row);
    lines.set(key(row), lineOf);
    update(lineOf, row, [total, most], Boolean(report.carbon));
    return lineOf.tr;
  });
  if (!wanted.length) wanted.push(make('tr', {}, make('td', {class: 'empty', colspan: columns.length, text: words.length ? 'No workload matches' : 'No workloads'})));
  arrange(body, wanted);
  const keys = new Set(everyone.map(key));
  for (const one of lines.keys()) if (!keys.has(one)) lines.delete(one);
  const rest = found.length - shown.length;
  set(by('count'), words.length ? `${found.length} of ${everyone.length}` : `${everyone.length} in all`);
  const more = by('all');
  more.hidden = rest <= 0 && !(view.all && found.length > FIRST_ROWS);
  set(more, view.all ? `Show the first ${FIRST_ROWS}` : `Show all ${found.length}`);
  showFoot(found, columns.length);
}
/* Moves only what is not in its place, so that focus and open details stay. A table under the pointer keeps its order until that has gone. */
function arrange(body, wanted) {
  const same = body.children.length === wanted.length && new Set([...body.children, ...wanted]).size === wanted.length;
  if (same && body.dataset.calm === 'yes' && body.dataset.view === viewKey()) return;
  body.dataset.view = viewKey();
  const keep = new Set(wanted);
  for (const row of [...body.children]) if (!keep.has(row)) row.remove();
  const active = document.activeElement;
  wanted.forEach((row, place) => {
    if (body.children[place] !== row) body.insertBefore(row, body.children[place] || null);
  });
  if (active && active !== document.activeElement && body.contains(active)) active.focus();
}
const viewKey = () => [view.sort, view.down, view.filter, view.all].join(' ');
function showFoot(found, width) {
  const foot = by('table').tFoot;
  if (!foot.rows.length) foot.append(make('tr', {}, make('th', {scope: 'row', text: 'Sum'}), make('td', {class: 'c-kind'}), make('td', {class: 'c-power num'}), make('td', {class: 'c-share'}), make('td', {class: 'c-cpu'}), make('td', {class: 'c-memory'}), make('td', {class: 'c-energy num'}), make('td', {class: 'c-carbon'})));
  const cells = foot.rows[0].cells;
  cells[7].hidden = width < 8;
  set(cells[2], watts(found.some(row => row.watts !== null) ? sum(found.map(row => row.watts || 0)) : null));
  set(cells[6], energy(sum(found.map(row => row.joules))));
}
