/* Other hosts. */
const CLOCKS = {synchronised: ['chip', 'synchronised'], unsynchronised: ['chip warn', 'unsynchronised'], inconsistent: ['chip bad', 'inconsistent']};
function way(one, bound) {
  const cell = make('td', {});
  const least = one.delay_min_seconds;
  cell.append(least === undefined ? 'unknown' : delay(least));
  if (least !== undefined && bound !== undefined) cell.append(make('span', {class: 'dim', text: ` \u00b1\u00a0${delay(bound)}`}));
  const lost = one.sent ? 100 * one.lost / one.sent : 0;
  const more = [one.jitter_seconds === undefined ? '' : `jitter ${delay(one.jitter_seconds)}`, one.received ? `${lost === 0 ? '0' : lost < 0.01 ? '<0.01' : lost.toFixed(2)}\u00a0% lost` : 'nothing arrived', one.hops === undefined ? '' : `${one.hops}\u00a0hops`];
  cell.append(make('span', {class: 'sub'}, ...more.filter(Boolean).map(text => make('span', {text}))));
  return cell;
}
function showPeers() {
  const mesh = known.mesh;
  by('peers').hidden = !mesh || !mesh.peers.length;
  if (by('peers').hidden) return;
  const own = mesh.clock;
  set(by('own-clock'), own.synchronised ? `This host's clock, by ${own.source}: right to ${delay(own.bound_seconds)}.` : `This host's clock is not synchronised (${own.source}), so one-way delays are not known.`);
  replace(by('peers').querySelector('tbody'), mesh.peers.map(peer => {
    const [style, word] = CLOCKS[peer.clock_state] || ['chip', peer.clock_state];
    const head = make('th', {scope: 'row', class: 'name'}, peer.name, make('span', {class: 'sub', text: [peer.zone, far(peer.name)].filter(Boolean).join(', ')}));
    head.append(make('span', {class: `${style} clock2`, 'aria-hidden': 'true', text: word}));
    if (!peer.answers) head.append(make('span', {class: 'chip bad', text: 'does not answer'}));
    return make('tr', {}, head, way(peer.to, peer.clock_bound_seconds), way(peer.from, peer.clock_bound_seconds), make('td', {class: 'c-clock'}, make('span', {class: style, text: word})));
  }));
  const wrong = mesh.clocks.filter(one => one.contradicts_its_claim).map(one => one.host);
  const left = mesh.peers_capped ? `${mesh.peers_capped} more hosts are not measured from here. ` : '';
  set(by('clocks'), left + (wrong.length ? `Clocks that are not as right as they claim: ${wrong.join(', ')}.` : ''));
}
function far(name) {
  const found = known.place && known.place.distances.find(one => one.peer === name);
  return found ? `${digits(found.meters / 1000)}\u00a0km` : '';
}

/* Carbon, location, sensors. */
function facts(section, pairs) {
  replace(section.querySelector('dl'), pairs.filter(([, value]) => value).flatMap(([title, value]) => [make('dt', {text: title}), make('dd', {text: value})]));
}
function showCarbon(report) {
  const carbon = report.carbon;
  by('carbon').hidden = !carbon;
  if (!carbon) return;
  const intensity = carbon.intensity_grams_per_kilowatt_hour;
  const total = hostWatts(report);
  set(by('grams'), intensity === undefined || total === null ? 'unknown' : `${grams(total / 1000 * intensity * carbon.pue)} CO\u2082 per hour`);
  facts(by('carbon'), [
    ['Grid', intensity === undefined ? 'intensity unknown' : `${digits(intensity)} g/kWh${carbon.zone ? `, ${carbon.zone}` : ''}`],
    ['Counted so far', grams(sum(Object.values(carbon.host_grams)))],
    ['Not weighed', carbon.unknown_joules ? energy(carbon.unknown_joules) : ''],
    ['PUE', carbon.pue === 1 ? '' : String(carbon.pue)],
    ['Source', `${carbon.source}, ${carbon.accounting}`],
  ]);
}
function showPlace() {
  const place = known.place;
  by('place').hidden = !place || !(place.places.length || place.trouble);
  if (by('place').hidden) return;
  const [here, ...others] = place.places;
  const words = one => [one.site, one.city, one.country].filter(Boolean).join(', ');
  const point = one => one.latitude === undefined ? '' : `${Math.abs(one.latitude).toFixed(4)}\u00b0\u00a0${one.latitude < 0 ? 'S' : 'N'}, ${Math.abs(one.longitude).toFixed(4)}\u00b0\u00a0${one.longitude < 0 ? 'W' : 'E'}`;
  set(by('where'), here ? words(here) || point(here) : 'unknown');
  facts(by('place'), [
    ['Coordinates', here && words(here) ? point(here) : ''],
    ['Source', here ? here.source + (here.address ? `, ${here.address}` : '') : ''],
    ['Also found', others.map(one => words(one) || point(one)).join('; ')],
    ['Trouble', place.trouble],
  ]);
}
function showSensors(report) {
  if (!changed('sensors', report.sensors)) return;
  const list = [...report.sensors].sort((one, two) => one.up - two.up || (two.quality === 'estimated') - (one.quality === 'estimated') || (one.sensor < two.sensor ? -1 : 1));
  const up = list.filter(one => one.up).length;
  const guessed = list.filter(one => one.quality === 'estimated').length;
  set(by('sensor-count'), `${up === list.length ? `All ${up} answer` : `${up} of ${list.length} answer`}${guessed ? `, ${guessed} ${guessed === 1 ? 'is an estimate' : 'are estimates'}` : ''}.`);
  replace(by('sensors').querySelector('tbody'), list.map(one => {
    const head = make('th', {scope: 'row', class: 'name'}, one.sensor);
    const said = make('td', {class: 'said'}, one.up ? 'answers' : make('span', {class: 'chip bad', text: 'does not answer'}));
    if (one.reason) said.append(make('span', {class: 'sub', text: one.reason}));
    if (one.advice) said.append(make('span', {class: 'sub', text: `To do: ${one.advice}`}));
    return make('tr', {}, head, make('td', {class: 'c-source name', text: one.source}), make('td', {}, one.quality === 'estimated' ? chip(one.quality) : one.quality), said);
  }));
}
