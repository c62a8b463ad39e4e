/* One turn: ask, show, and say when to come again. */
async function turn() {
  clearTimeout(timer);
  if (document.hidden || busy) return;
  busy = true;
  let wait = 5;
  try {
    wait = await look();
  } finally {
    busy = false;
    timer = setTimeout(turn, wait * 1000);
  }
}
async function look() {
  let report;
  let date;
  try {
    [report, date] = await ask('api/v1/report');
  } catch (error) {
    if (!(error instanceof Early)) return fail();
    state('early', 'Starting', 'The agent has just started and has nothing to show yet.');
    return 1;
  }
  failures = 0;
  answered = date;
  const last = known.report;
  if (!last || report.ticks !== last.ticks || report.time_epoch_seconds !== last.time_epoch_seconds) {
    known.before = last;
    known.report = report;
  }
  await askBeside(report);
  show();
  judge(report, date - report.time_epoch_seconds);
  return pace(report);
}
function judge(report, age) {
  const interval = report.interval_seconds;
  const then = clock(report.time_epoch_seconds);
  if (age > Math.max(10, 3 * (interval || 60))) state('stale', 'Stale', `The agent answers, but it has counted nothing since ${then}. Its log says more.`);
  else if (!interval) state('early', 'Starting', 'The agent has just started: power is known after its second tick.');
  else state('live', `Live ${then}`, '');
}
/* Once a tick; not so often that nobody could read it, and less often where there is much to send. */
function pace(report) {
  return Math.max(2, report.interval_seconds || 1, report.workloads.length / 400);
}
function fail() {
  failures += 1;
  const wait = Math.min(15, 2 ** failures);
  const then = answered ? ` since ${clock(answered)}. Figures are from then` : '';
  if (failures > 1 || !answered) state('silent', 'No answer', `The agent has not answered${then}. Asking again until it does.`);
  return wait;
}
function state(name, pill, notice) {
  document.body.dataset.state = name;
  set(by('pill-text'), pill);
  set(by('notice'), notice);
  const report = known.report;
  const host = report ? report.machine.name || location.hostname : location.hostname;
  const total = name === 'live' ? `${watts(hostWatts(report))} \u00b7 ` : name === 'silent' ? 'No answer \u00b7 ' : name === 'stale' ? 'Stale \u00b7 ' : '';
  document.title = `${total}${host} \u00b7 wattle`;
}

/* Showing. */
function show() {
  const report = known.report;
  by('main').hidden = false;
  document.body.dataset.ticks = report.ticks;
  showName(report.machine.name || location.hostname);
  set(by('about'), `wattle ${report.version}`);
  showPower(report);
  showKinds(report);
  showTable(report);
  showPeers();
  showCarbon(report);
  showPlace();
  showSensors(report);
  if (known.hour) plots.forEach(plot => plot.show(known.hour));
}

/* A long name is broken where a person would. */
function showName(name) {
  const host = by('host');
  if (host.textContent !== name) host.replaceChildren(...name.split(/(?<=\.)/).flatMap(part => [part, make('wbr')]));
}

/* Hands. */
by('filter').addEventListener('input', event => {
  view.filter = event.target.value;
  if (known.report) showTable(known.report);
});
by('all').addEventListener('click', () => {
  view.all = !view.all;
  showTable(known.report);
});
const tbody = by('table').tBodies[0];
tbody.addEventListener('pointerenter', event => { if (event.pointerType === 'mouse') tbody.dataset.calm = 'yes'; });
tbody.addEventListener('pointerleave', () => { tbody.dataset.calm = ''; });
document.addEventListener('visibilitychange', () => { if (!document.hidden) turn(); });
turn();
