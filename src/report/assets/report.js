// The zoomable plots: unpacks the series (see src/report/pack.hpp for the codec), draws them with uPlot in place of
// the static drawings, keeps the time axes of one data set together.
(() => {
  "use strict";
  const root = document.documentElement;

  // --- theme ---------------------------------------------------------------------------------------------------
  const themes = ["auto", "light", "dark"];
  const button = document.getElementById("theme");
  const listeners = [];
  let colours = new Map();
  const colour = (name) => {
    if (!colours.has(name)) colours.set(name, getComputedStyle(root).getPropertyValue("--" + name).trim());
    return colours.get(name);
  };
  const current = () => root.dataset.theme || "auto";
  const repaint = () => { colours = new Map(); for (const f of listeners) f(); };
  const show = () => { button.textContent = "Theme: " + current(); };
  button.hidden = false;
  show();
  button.addEventListener("click", () => {
    const next = themes[(themes.indexOf(current()) + 1) % themes.length];
    if (next === "auto") delete root.dataset.theme; else root.dataset.theme = next;
    try { if (next === "auto") localStorage.removeItem("hillock-theme"); else localStorage.setItem("hillock-theme", next); } catch { /* not remembered */ }
    show();
    repaint();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);

  // --- unpacking -----------------------------------------------------------------------------------------------
  const inflate = async (text) => {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  };
  const codes = async (series, n, reference) => {
    const planes = await inflate(series.packed);
    const out = new Uint16Array(n);
    for (let i = 0; i < n; ++i) {
      const z = planes[i] * 256 + planes[n + i];
      out[i] = z & 1 ? -((z + 1) >> 1) : z >> 1;
    }
    for (let k = 0; k < series.order; ++k) for (let i = 1; i < n; ++i) out[i] += out[i - 1];
    if (series.relative) for (let i = 0; i < n; ++i) out[i] += reference[i];
    return out;
  };
  const values = (series, code) => Array.from(code, (c) => (c === 65535 ? null : series.offset + series.step * c));
  const times = async (set) => {
    if ("packed" in set.time) return Array.from(new Float64Array((await inflate(set.time.packed)).buffer));
    return Array.from({length: set.n}, (_, i) => set.time.start + i * set.time.step);
  };
  const unpack = async (set) => {
    const out = {time: await times(set)};
    const reference = set.series.best ? await codes(set.series.best, set.n) : null;
    for (const [name, series] of Object.entries(set.series))
      out[name] = values(series, name === "best" ? reference : await codes(series, set.n, reference));
    if (out.observed) {
      const left = out.observed.map(() => null);
      const kept = out.observed.slice();
      for (const [first, last] of set.left_out)
        for (let i = first; i < last; ++i) { left[i] = kept[i]; kept[i] = null; }
      out.left = left;
      out.kept = kept;
    }
    if (!out.residual && out.observed && out.best)
      out.residual = out.kept.map((v, i) => (v === null || out.best[i] === null ? null : v - out.best[i]));
    else if (out.residual)
      for (const [first, last] of set.left_out) out.residual.fill(null, first, last);
    return out;
  };

  // --- numbers -------------------------------------------------------------------------------------------------
  const minus = (s) => s.replace(/-/g, "−");
  const sig = (v, digits = 4) => {
    if (v === null || v === undefined) return "–";
    if (v === 0) return "0";
    const e = Math.floor(Math.log10(Math.abs(v)));
    if (e < -4 || e > 6) return minus(v.toExponential(digits - 1)).replace(/e\+?(.*)/, " × 10^$1");
    return minus(v.toFixed(Math.max(0, Math.min(12, digits - 1 - e))));
  };
  const tickText = (splits) => {
    // All ticks of an axis to the same place.
    const step = splits.length > 1 ? Math.abs(splits[1] - splits[0]) : 1;
    let places = Math.max(0, Math.min(12, -Math.floor(Math.log10(step) + 1e-9)));
    if (places < 12 && Math.abs(step * 10 ** places - Math.round(step * 10 ** places)) > 1e-6) ++places;  // 0.25
    const largest = Math.max(...splits.map(Math.abs));
    if (largest >= 1e6 || (largest > 0 && largest < 1e-4)) return splits.map((v) => (v === 0 ? "0" : minus(v.toExponential(1))));
    return splits.map((v) => minus(v.toFixed(places)));
  };

  // --- plots ---------------------------------------------------------------------------------------------------
  const narrow = () => innerWidth <= 620;
  const groups = new Map();  // data set -> its plots
  let moving = false;
  const zoom = (group, min, max) => {
    const [from, to] = group.full;
    const wanted = Math.max(max - min, group.least);
    const width = Math.min(wanted, to - from);
    min = Math.max(from, Math.min(min, to - width));
    group.view = [min, min + width];  // uPlot takes it over a little later; the next key may come before
    for (const u of group.plots) u.setScale("x", {min, max: min + width});
  };
  const act = {
    in: (g, [a, b]) => zoom(g, a + (b - a) / 4, b - (b - a) / 4),
    out: (g, [a, b]) => zoom(g, a - (b - a) / 2, b + (b - a) / 2),
    left: (g, [a, b]) => zoom(g, a - (b - a) / 4, b - (b - a) / 4),
    right: (g, [a, b]) => zoom(g, a + (b - a) / 4, b + (b - a) / 4),
    all: (g) => zoom(g, ...g.full),
  };
  const keys = {ArrowLeft: "left", ArrowRight: "right", "+": "in", "=": "in", "-": "out", "−": "out", 0: "all", Home: "all", Escape: "all"};

  const line = (name, width, extra = {}) => ({stroke: () => colour(name), width, points: {show: false}, spanGaps: false, ...extra});
  const edge = () => ({stroke: "transparent", width: 0, points: {show: false}});

  // What each kind of panel shows: [key of the data, series, legend entry it belongs to].
  const layers = {
    trace: [
      ["left", line("out", 1, {auto: false}), "left out"],
      ["kept", line("observed", 1), "recorded"],
      ["q95", edge(), "90 % band"], ["q05", edge(), "90 % band"],
      ["q75", edge(), "50 % band"], ["q25", edge(), "50 % band"],
      ["p95", {...edge(), stroke: () => colour("violet-line"), width: 1}, "parameters only, 90 %"],
      ["p05", {...edge(), stroke: () => colour("violet-line"), width: 1}, "parameters only, 90 %"],
      ["q50", line("median", 1, {dash: [5, 4], show: false}), "median"],
      ["best", line("best", 1.5), "best fit"],
    ],
    command: [["command", line("command", 1.5), "command"]],
    residual: [["residual", line("residual", 1), "residual"]],
  };
  const areas = [["q95", "q05", "band90"], ["q75", "q25", "band50"], ["p95", "p05", "violet"]];
  const swatch = {"recorded": ["observed", 0], "left out": ["out", 0], "90 % band": ["band90", 1], "50 % band": ["band50", 1],
                  "parameters only, 90 %": ["violet", 1], "median": ["median", 0], "best fit": ["best", 0]};

  const build = (figure, kind, set, data, group, lowest) => {
    const chosen = layers[kind].filter(([key]) => data[key]);
    if (chosen.length === 0) return null;
    const at = (key) => chosen.findIndex(([k]) => k === key) + 1;
    const bands = areas.filter(([a, b]) => at(a) > 0 && at(b) > 0)
      .map(([a, b, name]) => ({series: [at(a), at(b)], fill: () => colour(name)}));
    const heights = {trace: [310, 230], command: [148, 150], residual: [190, 160]};
    const height = () => heights[kind][narrow() ? 1 : 0];
    const font = "12px system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";
    const axis = {stroke: () => colour("soft"), font, labelFont: font, grid: {stroke: () => colour("grid"), width: 1},
                  ticks: {stroke: () => colour("edge"), width: 1, size: 4}};
    const place = document.createElement("div");
    place.className = "live-plot";
    place.tabIndex = 0;
    place.setAttribute("role", "group");
    place.setAttribute("aria-label", figure.querySelector("svg").getAttribute("aria-label") + ". Arrow keys move, plus and minus zoom, 0 shows all.");
    figure.insertBefore(place, figure.firstChild);
    figure.classList.add("is-live");
    const options = {
      width: place.clientWidth, height: height(), ms: 1,
      padding: [8, 16, 0, 0],
      legend: {show: false},
      cursor: {y: false, points: {show: false}, sync: {key: "set" + figure.dataset.set}, drag: {x: true, y: false}},
      scales: {x: {time: false, range: (u, min, max) => (min === max ? [min - 0.5, max + 0.5] : [min, max])},
               y: {range: (u, min, max) => {
                 if (min === null || max === null) return [0, 1];
                 const room = max > min ? 0.05 * (max - min) : Math.abs(min) * 0.1 || 1;
                 return [min - room, max + room];
               }}},
      series: [{}, ...chosen.map(([, series]) => series)],
      bands,
      axes: [
        {...axis, ...(lowest ? {label: "time (ms)", labelSize: 18, size: 30, values: (u, splits) => tickText(splits)}
                             : {size: 8, values: (u, splits) => splits.map(() => "")})},
        {...axis, label: figure.dataset.label, labelSize: 16, size: narrow() ? 44 : 54, space: kind === "trace" ? 40 : 26,
         values: (u, splits) => tickText(splits)},
      ],
      hooks: {
        drawClear: [(u) => {
          const c = u.ctx;
          c.save();
          c.fillStyle = colour("shade");
          for (const [first, last] of set.left_out) {
            if (first >= last || data.time[last - 1] < u.scales.x.min || data.time[first] > u.scales.x.max) continue;
            const a = Math.max(u.bbox.left, u.valToPos(data.time[first], "x", true));
            const b = Math.min(u.bbox.left + u.bbox.width, u.valToPos(data.time[last - 1], "x", true));
            c.fillRect(a, u.bbox.top, Math.max(b - a, 1), u.bbox.height);
          }
          c.restore();
        }],
        setScale: [(u, key) => {
          if (key !== "x" || moving || u.status === 0) return;
          moving = true;
          const {min, max} = u.scales.x;
          group.view = [min, max];
          for (const other of group.plots)
            if (other !== u && (other.scales.x.min !== min || other.scales.x.max !== max)) other.setScale("x", {min, max});
          moving = false;
        }],
        setCursor: [(u) => { if (group.read) group.read(u.cursor.idx); }],
      },
    };
    const u = new uPlot(options, [data.time, ...chosen.map(([key]) => data[key])], place);
    u.chosen = chosen;
    place.addEventListener("keydown", (event) => {
      const what = keys[event.key];
      if (!what || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      act[what](group, group.view);
    });
    new ResizeObserver(() => {
      const width = place.clientWidth;
      if (width > 0 && (width !== u.width || height() !== u.height)) u.setSize({width, height: height()});
    }).observe(place);
    listeners.push(() => u.redraw(false, true));
    group.plots.push(u);
    return u;
  };

  const tools = (figure, group, u) => {
    const bar = document.createElement("div");
    bar.className = "tools";
    const legend = document.createElement("span");
    legend.className = "legend";
    for (const name of new Set(u.chosen.map(([, , entry]) => entry))) {
      if (name === "left out" && !u.data[u.chosen.findIndex(([k]) => k === "left") + 1].some((v) => v !== null)) continue;
      const b = document.createElement("button");
      b.type = "button";
      const mark = document.createElement("i");
      const [shade, area] = swatch[name];
      if (area) mark.className = "area";
      mark.style.cssText = area ? `background:var(--${shade})` : `border-color:var(--${shade})`;
      if (name === "median") mark.style.borderTopStyle = "dashed";
      b.append(mark, name);
      const members = u.chosen.map(([, , entry], i) => (entry === name ? i + 1 : 0)).filter((i) => i > 0);
      b.setAttribute("aria-pressed", String(u.series[members[0]].show));
      b.addEventListener("click", () => {
        const on = !u.series[members[0]].show;
        for (const i of members) u.setSeries(i, {show: on});
        b.setAttribute("aria-pressed", String(on));
      });
      legend.append(b);
    }
    bar.append(legend);
    const space = document.createElement("span");
    space.className = "space";
    bar.append(space);
    for (const [what, text, title] of [["left", "←", "Earlier"], ["right", "→", "Later"], ["in", "+", "Zoom in"], ["out", "−", "Zoom out"], ["all", "All", "Show all"]]) {
      const b = document.createElement("button");
      b.type = "button";
      b.textContent = text;
      b.title = title;
      b.setAttribute("aria-label", title);
      b.addEventListener("click", () => act[what](group, group.view));
      bar.append(b);
    }
    figure.insertBefore(bar, figure.firstChild);
  };

  const readout = (figure, set, data) => {
    const out = document.createElement("output");
    out.className = "readout";
    out.setAttribute("aria-live", "off");
    const rest = set.binned > 1 ? `Each pair of points is the smallest and largest of ${set.binned} samples.` : "Point at a plot to read values.";
    out.textContent = rest;
    figure.insertBefore(out, figure.querySelector(".live-plot"));
    const step = (data.time[set.n - 1] - data.time[0]) / (set.n - 1);
    const places = Math.max(0, Math.min(9, Math.ceil(-Math.log10(step) - 1e-9)));
    const unit = set.observed_unit ? " " + set.observed_unit : "";
    return (i) => {
      if (i === null || i === undefined) { out.textContent = rest; return; }
      const parts = [`${minus(data.time[i].toFixed(places))} ms`];
      if (data.observed) parts.push(`recorded ${sig(data.observed[i])}${unit}${data.left[i] !== null ? " (left out)" : ""}`);
      if (data.best) parts.push(`best fit ${sig(data.best[i])}${unit}`);
      if (data.q05 && data.q95) parts.push(`90 %: ${sig(data.q05[i])} to ${sig(data.q95[i])}${unit}`);
      if (data.command) parts.push(`${set.command_name} ${sig(data.command[i])}${set.command_unit ? " " + set.command_unit : ""}`);
      out.textContent = parts.join("  ·  ");
    };
  };

  const start = async () => {
    const payload = JSON.parse(document.getElementById("hillock-data").textContent);
    for (const [index, set] of payload.sets.entries()) {
      const figures = [...document.querySelectorAll(`.panel[data-set="${index}"]`)];
      if (set.n < 2 || figures.length === 0) continue;
      const data = await unpack(set);
      const full = [data.time[0], data.time[set.n - 1]];
      const group = {plots: [], full, view: full, least: 5 * (full[1] - full[0]) / set.n, read: null};
      groups.set(index, group);
      const kinds = figures.map((f) => f.dataset.panel);
      for (const figure of figures) {
        const kind = figure.dataset.panel;
        const u = build(figure, kind, set, data, group, !(kind === "trace" && kinds.includes("command")));
        if (u && kind === "trace") { tools(figure, group, u); group.read = readout(figure, set, data); }
      }
    }
  };
  if (typeof DecompressionStream === "function") start();  // else the static drawings stay
})();
