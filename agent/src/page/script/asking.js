/* What the page knows. Everything shown follows from it. */
const HOUR = 3600;
const known = {report: null, before: null, hour: null, mesh: null, place: null};
const asked = {hour: 0, mesh: 0, place: 0};
const tags = new Map();
const view = {sort: 'power', down: true, filter: '', all: false};
let failures = 0;
let answered = null;
let timer = 0;
let busy = false;

/* Asking. */
class Early extends Error {}
async function ask(path) {
  const tag = tags.get(path);
  const headers = tag ? {'If-None-Match': tag[0]} : {};
  const answer = await fetch(path, {headers, cache: 'no-store', signal: AbortSignal.timeout(5000)});
  const date = Date.parse(answer.headers.get('date') || '') / 1000 || Date.now() / 1000;
  if (answer.status === 304) return [tag[1], date];
  if (answer.status === 503) throw new Early();
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  const body = await answer.json();
  tags.set(path, [answer.headers.get('etag'), body]);
  return [body, date];
}

/* Beside the report: each at its own pace, and only where there is any. What fails is asked again. */
async function askBeside(report) {
  const now = performance.now() / 1000;
  const has = name => report.sensors.some(sensor => sensor.sensor === name);
  const pace = report.interval_seconds || 1;
  const due = (what, every) => now - asked[what] >= every - 0.5 || !asked[what];
  const jobs = [];
  const hourEnd = known.hour ? known.hour.end : 0;
  if (due('hour', Math.max(5, pace)) && report.time_epoch_seconds >= hourEnd + 5) {
    asked.hour = now;
    jobs.push(askHour());
  }
  if (!has('latency')) known.mesh = null;
  else if (due('mesh', Math.max(4, pace))) {
    asked.mesh = now;
    jobs.push(ask('api/v1/mesh').then(([body]) => { known.mesh = body; }));
  }
  if (!has('location')) known.place = null;
  else if (due('place', 30)) {
    asked.place = now;
    jobs.push(ask('api/v1/location').then(([body]) => { known.place = body; }));
  }
  await Promise.allSettled(jobs);
}

/* The hour once, and then the last minute each time; the hour again where that does not follow on it. */
async function askHour() {
  if (known.hour) {
    const [minute] = await ask('api/v1/history?last=minute');
    if (extend(known.hour, minute)) return;
  }
  const [body] = await ask('api/v1/history');
  known.hour = whole(body);
}
function whole(body) {
  const count = body.estimated.length;
  const hour = {step: body.step_seconds, next: body.first_step + count, end: body.end_epoch_seconds, host: {}, kinds: {}, guess: []};
  const size = Math.round(HOUR / hour.step);
  const pad = list => [...Array(Math.max(0, size - count)).fill(null), ...list].slice(-size);
  for (const [name, list] of Object.entries(body.host_watts)) hour.host[name] = pad(list);
  for (const [name, list] of Object.entries(body.kind_watts)) hour.kinds[name] = pad(list);
  hour.guess = pad(body.estimated);
  hour.size = size;
  return hour;
}
function extend(hour, minute) {
  const count = minute.estimated.length;
  const next = minute.first_step + count;
  const more = next - hour.next;
  const late = minute.end_epoch_seconds - hour.end - more * hour.step;
  if (more < 0 || more > count || Math.abs(late) > hour.step) return false;
  const known = name => minute.host_watts[Object.keys(minute.host_watts)[0]]?.[name] !== null;
  const append = (into, from, fill) => {
    for (const name of new Set([...Object.keys(into), ...Object.keys(from)])) {
      const old = into[name] || Array(hour.size).fill(null);
      const added = Array.from({length: more}, (_, place) => from[name] ? from[name][count - more + place] : fill(count - more + place));
      into[name] = [...old, ...added].slice(-hour.size);
    }
  };
  append(hour.host, minute.host_watts, () => null);
  append(hour.kinds, minute.kind_watts, place => known(place) ? 0 : null);
  hour.guess = [...hour.guess, ...minute.estimated.slice(count - more)].slice(-hour.size);
  hour.next = next;
  hour.end = minute.end_epoch_seconds;
  return true;
}
