/* The host, and its kinds. */
function hostWatts(report) {
  const parts = Object.values(report.host).map(part => part.power_watts).filter(value => value !== undefined);
  return parts.length ? sum(parts) : null;
}
function chip(quality) {
  return make('span', {class: quality === 'estimated' ? 'chip warn' : 'chip', text: quality});
}
function replace(node, children) {
  node.replaceChildren(...children);
}
function showPower(report) {
  const total = hostWatts(report);
  set(by('watts'), watts(total));
  const parts = Object.keys(PARTS).filter(name => report.host[name]);
  const guess = parts.some(name => report.host[name].quality === 'estimated');
  const lost = parts.some(name => report.host[name].power_watts === undefined);
  const words = total === null ? [] : [guess ? make('span', {class: 'chip warn', text: 'estimated'}) : lost ? make('span', {class: 'chip warn', text: 'incomplete'}) : chip('measured')];
  replace(by('quality'), words);
  replace(by('parts'), parts.map(name => {
    const part = report.host[name];
    return make('div', {}, make('dt', {}, dot(name === 'other' ? 'rest' : name), PARTS[name]), make('dd', {}, ...part.quality === 'measured' ? [] : [chip(part.quality)]), make('dd', {text: part.power_watts === undefined ? 'unknown' : watts(part.power_watts)}));
  }));
  const joules = sum(parts.map(name => report.host[name].energy_joules));
  set(by('since'), parts.length ? `${energy(joules)} counted so far` : 'Nothing here counts energy, and nothing is assumed.');
}
function kindWatts(report) {
  const all = {};
  for (const one of report.workloads) all[one.kind] = (all[one.kind] || 0) + (one.power_watts || 0);
  return all;
}
function showKinds(report) {
  const all = kindWatts(report);
  const total = sum(Object.values(all));
  const kinds = ORDER.filter(kind => all[kind] > 0);
  const bar = by('bar');
  if ([...bar.children].map(one => one.dataset.kind).join() !== kinds.join()) {
    replace(bar, kinds.map(kind => {
      const piece = make('span', {'data-kind': kind});
      piece.style.background = `var(--${kind})`;
      return piece;
    }));
  }
  for (const piece of bar.children) piece.style.flexGrow = all[piece.dataset.kind] / total;
  const most = [...kinds].reverse();
  replace(by('legend'), most.map(kind => make('li', {}, dot(kind), `${KINDS[kind]} `, make('b', {text: watts(all[kind])}), make('span', {class: 'dim', text: percent(all[kind] / total)}))));
}
