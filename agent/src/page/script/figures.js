'use strict';

/* Kinds in the order of the stack, from below, and components; their colours are the style's. */
const KINDS = {idle: 'idle floor', kernel: 'kernel', unattributed: 'unattributed', other: 'others', system: 'system', service: 'service', container: 'container', vm: 'VM'};
const PARTS = {cpu: 'Processors', dram: 'Memory', other: 'Rest of the machine'};
const ORDER = Object.keys(KINDS);

/* Figures. */
function digits(value) {
  const size = Math.abs(value);
  return value.toFixed(size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2);
}
function scaled(value, steps) {
  if (value === null || value === undefined || Number.isNaN(value)) return '\u2013';
  for (const [least, factor, unit] of steps) {
    if (Math.abs(value) >= least) return `${digits(value / factor)}\u00a0${unit}`;
  }
  return `0\u00a0${steps[steps.length - 1][3] || steps[steps.length - 1][2]}`;
}
const watts = value => scaled(value, [[999.5, 1e3, 'kW'], [0.9995, 1, 'W'], [5e-7, 1e-3, 'mW', 'W']]);
const energy = joules => scaled(joules, [[3.5982e9, 3.6e9, 'MWh'], [3.5982e6, 3.6e6, 'kWh'], [3598.2, 3600, 'Wh'], [0.9995, 1, 'J'], [5e-7, 1e-3, 'mJ', 'J']]);
const bytes = value => scaled(value, [[2 ** 40, 2 ** 40, 'TiB'], [2 ** 30, 2 ** 30, 'GiB'], [2 ** 20, 2 ** 20, 'MiB'], [1, 2 ** 10, 'KiB']]);
const grams = value => scaled(value, [[999.5, 1e3, 'kg'], [0.9995, 1, 'g'], [5e-7, 1e-3, 'mg', 'g']]);
const delay = seconds => scaled(seconds, [[0.9995, 1, 's'], [0.0009995, 1e-3, 'ms'], [1e-9, 1e-6, '\u00b5s']]);
const percent = share => share > 0 && share < 0.01 ? '<1\u00a0%' : `${(100 * share).toFixed(0)}\u00a0%`;
const cores = value => value === null ? '\u2013' : `${value.toFixed(2)}`;
const clock = epoch => new Date(epoch * 1000).toLocaleTimeString('en-GB');
const sum = list => list.reduce((all, one) => all + one, 0);

/* The next round figure above. */
function nice(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10, 15].find(step => step * power >= value * 1.04) * power;
}
